"""What doctor finds in an org, each with the exact setting; and what fields of every type may feed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from stalewatch.sdk.connector import Finding, Level, Unfed, Why
from stalewatch_salesforce.certificate import certificate
from stalewatch_salesforce.fitting import Fit, fit
from stalewatch_salesforce.options import Auth
from stalewatch_salesforce.org import FieldTold
from stalewatch_sandbox.salesforce.schema import Field
from tests.connectors.salesforce.desk import NOW, Desk, Snapshot


def found(desk: Desk, **options: object) -> dict[str, Finding]:
    return {one.subject: one for one in desk.connector(**options).check()}


def add(desk: Desk, name: str, type_: str, **more: object) -> None:
    desk.org.schema.add_field("Opportunity", Field(name=name, type=type_, label=name, **more), desk.ago())  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------ types of fields


@pytest.mark.parametrize(
    ("type_", "wanted", "how"),
    [
        ("currency", "money", Fit.WELL), ("double", "money", Fit.WELL), ("percent", "money", Fit.NOT),
        ("string", "money", Fit.NOT), ("textarea", "int", Fit.NOT), ("percent", "int", Fit.WELL),
        ("boolean", "bool", Fit.WELL), ("boolean", "text", Fit.NOT), ("picklist", "bool", Fit.WELL),
        ("picklist", "choice", Fit.WELL), ("multipicklist", "text", Fit.WELL), ("url", "text", Fit.WELL),
        ("phone", "text", Fit.WELL), ("date", "datetime", Fit.WELL), ("datetime", "date", Fit.WELL),
        ("int", "date", Fit.NOT), ("string", "date", Fit.LOOSELY), ("reference", "text", Fit.NOT),
        ("location", "text", Fit.NOT), ("time", "datetime", Fit.NOT),
    ],
)  # fmt: skip
def test_what_a_field_can_feed(type_: str, wanted: str, how: Fit) -> None:
    assert fit(FieldTold(name="X__c", type=type_), wanted) is how


def test_a_lookup_feeds_a_person_if_it_leads_to_users() -> None:
    assert fit(FieldTold(name="X__c", type="reference", referenceTo=["User", "Group"]), "person") is Fit.WELL
    assert fit(FieldTold(name="X__c", type="reference", referenceTo=["Contact"]), "person") is Fit.NOT


def test_a_text_is_no_money_and_never_read_as_such(desk: Desk) -> None:
    add(desk, "Budget_Text__c", "string")
    add(desk, "Price__c", "currency")
    desk.mail(deal := desk.deal(Budget_Text__c="300", Price__c=250.0))
    wrong = desk.connector(map={"deal": {"fields": {"amount": "Budget_Text__c"}}})
    assert Snapshot().take(wrong.pull(None)).deals[deal].amount is None
    [told] = wrong.describe().unfed["deal"]
    assert told == Unfed(ours="amount", why=Why.MISFIT, theirs="Budget_Text__c", theirs_type="string")
    assert "amount" not in {info.ours for info in wrong.describe().fields["deal"]}
    assert [one.name for one in wrong.describe().spare["deal"] if "money" in one.holds] == ["Price__c"]
    right = desk.connector(map={"deal": {"fields": {"amount": "Price__c"}}})
    seen = Snapshot().take(right.pull(None))
    assert seen.deals[deal].amount == Decimal("250.0")
    assert not [name for _, name, _, _ in seen.changes if name == "amount"], "OpportunityHistory knows another amount"
    assert "previous_amount" not in {info.ours for info in right.describe().fields["deal"]}


def test_a_list_of_several_is_one_text_and_at_most_one_choice(desk: Desk) -> None:
    add(desk, "Rivals__c", "multipicklist", values=("Acme", "Bolt"))
    both, one = desk.deal(Rivals__c="Acme;Bolt"), desk.deal(Rivals__c="Bolt")
    connector = desk.connector(map={"deal": {"fields": {"competitors": "Rivals__c", "segment": "Rivals__c"}}})
    deals = Snapshot().take(connector.pull(None)).deals
    assert (deals[both].fields["competitors"], deals[both].unreadable) == ("Acme, Bolt", {"segment"})
    assert deals[one].fields["segment"] == "Bolt"


def test_a_time_is_a_date_where_the_org_is(desk: Desk) -> None:
    add(desk, "Decided__c", "datetime")
    deal = desk.deal(Decided__c=datetime(2026, 3, 1, 20, tzinfo=UTC))
    connector = desk.connector(map={"deal": {"fields": {"decision_date": "Decided__c"}}})
    assert f"{Snapshot().take(connector.pull(None)).deals[deal].fields['decision_date']}" == "2026-03-02", "in Tokyo"


def test_a_picklist_tells_what_may_be_chosen_in_our_words(desk: Desk) -> None:
    add(desk, "Size__c", "picklist", values=("Tier 1", "Tier 2"))
    words = {"deal": {"fields": {"segment": "Size__c"}, "values": {"segment": {"enterprise": ["tier 1"]}}}}
    fields = {info.ours: info for info in desk.connector(map=words).describe().fields["deal"]}
    assert (fields["segment"].choices, fields["segment"].theirs_type) == (("enterprise", "Tier 2"), "picklist")
    assert fields["forecast_category"].choices == ("omitted", "pipeline", "best_case", "commit")
    assert fields["amount"].choices is None


# ------------------------------------------------------------------------------------------- what doctor says of it


def test_what_may_not_be_read_is_named_with_the_permission(desk: Desk) -> None:
    desk.mail(desk.deal())
    desk.sandbox.faults.arm("SF37", sobject="Event")
    desk.sandbox.faults.arm("SF28", field="Amount")
    assert "Access Activities" in (found(desk)["Event"].cure or "")
    assert "read access to Opportunity.Amount" in found(desk)["deal fields"].message
    missing = desk.connector().describe().missing["deal"]
    assert missing["next_meeting_at"] == ["Access Activities"]
    assert missing["amount"] == ["read access to Opportunity.Amount (field-level security)"]
    assert "stage" not in missing


def test_leads_that_may_not_be_read_make_their_rules_blind(desk: Desk) -> None:
    desk.sandbox.faults.arm("SF37", sobject="Lead")
    description = desk.connector(reads={}).describe()
    assert description.fields["lead"] == []
    assert description.missing["lead"]["status"] == ["Lead: Read"]
    assert "lead" not in desk.connector(reads={"deal": ["stage"]}).describe().fields


def test_pipelines_roles_and_statuses_that_nobody_mapped_are_named(desk: Desk) -> None:
    desk.org.schema.set_values("Opportunity", "Type", ["New Customer", "Grant"], desk.ago())
    desk.org.set_lead_statuses(("Open - Not Contacted", "Dozing"))
    told = found(desk, reads={})
    assert "Grant" in told["pipelines"].message
    assert told["pipelines"].cure == 'Name them under map.deal.pipelines, such as `new_business: ["Grant"]`.'
    assert "Dozing" in told["lead statuses"].message
    assert (told["roles"].level, "Technical Buyer" in told["roles"].message) == (Level.OK, True)
    assert "pipelines" not in found(desk, map={"deal": {"pipelines": {"renewal": ["Grant"]}}})


def test_record_types_count_where_one_of_them_is_mapped(desk: Desk) -> None:
    kinds = {
        name: desk.org.insert("RecordType", {"Name": name, "DeveloperName": name, "SobjectType": "Opportunity"})
        for name in ("Renewal", "Grant")
    }
    desk.org.schema.changed_at = desk.ago()
    odd = desk.deal(RecordTypeId=kinds["Grant"], Type=None)
    known = desk.deal(RecordTypeId=kinds["Renewal"], Type=None)
    assert "Grant" in found(desk)["pipelines"].message
    deals = Snapshot().take(desk.connector().pull(None)).deals
    assert (deals[known].pipeline, deals[known].unreadable) == ("renewal", frozenset())
    assert deals[odd].unreadable == {"pipeline"}


@pytest.mark.parametrize(("skew", "words"), [(90, "90 s ahead of"), (-90, "90 s behind"), (30, None)])
def test_clocks_a_minute_apart_are_told(desk: Desk, skew: int, words: str | None) -> None:
    desk.skew = timedelta(seconds=skew)
    told = found(desk).get("clock")
    assert (None if told is None else words in told.message) == (None if words is None else True)


# -------------------------------------------------------------------------------------------------- certificates


def auth(key: Path) -> Auth:
    return Auth(flow="jwt", login_url="https://login.salesforce.com", client_id="c", client_secret="", username="u",
                private_key=key, audience="a", **_newer())  # fmt: skip


def _newer() -> dict[str, object]:
    known = {"flow", "login_url", "client_id", "client_secret", "username", "private_key", "audience"}
    return {name: "" for name in Auth.__dataclass_fields__ if name not in known}


@pytest.mark.parametrize(("days", "level"), [(300, Level.OK), (20, Level.WARNING), (-1, Level.ERROR)])
def test_a_certificate_beside_the_key_tells_when_logins_end(tmp_path: Path, days: int, level: Level) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stalewatch")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), 1, NOW - timedelta(days=400), NOW + timedelta(days=days)
    )
    (tmp_path / "sf.crt").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    [told] = certificate(auth(tmp_path / "sf.pem"), NOW)
    assert (told.level, bool(told.cure)) == (level, level is not Level.OK)


def test_without_a_certificate_it_says_how_to_know(tmp_path: Path) -> None:
    [told] = certificate(auth(tmp_path / "sf.pem"), NOW)
    assert (told.level, "sf.crt" in (told.cure or "")) == (Level.OK, True)
