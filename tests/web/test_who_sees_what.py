"""Nobody sees anything of a record that is not theirs to see: not in a list, a count, a sum, a file, a search, a choice
of a filter, a page, a message of Slack, nor by its id (security, S9, S10)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stalewatch.delivery.slack.events import Opened
from stalewatch.services.access.principals import Company
from stalewatch.services.answering.case import Case
from stalewatch.services.answering.identity import Identities
from stalewatch.services.answering.looking import Looking
from stalewatch.services.answering.screens import Screens
from stalewatch.services.reporting.glancing import Glancing
from stalewatch.store import people
from stalewatch.web.app import create_app
from stalewatch.web.routes import ROUTES
from stalewatch.web.slack import SIGNATURE
from stalewatch.wiring.live import Live
from tests.web.dom import parse
from tests.web.organisation import ADDRESSES, IDS, PHONE, Organisation, Stage, organisations, staged

pytestmark = pytest.mark.security
LISTS: Final = {
    "late": ("/v1/deals/stalled?limit=200", "/v1/deals/stalled?limit=200&q=LATE", "/v1/deals/stalled?sort=amount"),
    "soon": ("/v1/deals/due-soon?within=14d", "/v1/deals/due-soon?within=30d&rule=no-next-meeting&q=soonz"),
    "lead": ("/v1/leads/stalled?limit=200",),
}
"""The lists, each by what stands in the names of its records."""
EVERYWHERE: Final = tuple(
    one.path.replace("{period}", "weekly")
    for one in ROUTES
    if one.method == "GET" and one.scope not in (None, SIGNATURE) and "{id" not in one.path
)
"""Every route and page that shows more than one thing, also those that are added tomorrow."""


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    yield from staged(sqlite_template, tmp_path_factory.mktemp("organisation"))


def seen(stage: Stage, owners: set[str] | None) -> set[str]:
    """The ids of the records of these owners; None: of all and of nobody."""
    return {one for one, owner in stage.owners.items() if owners is None or owner in owners}


def of_kind(kind: str, ids: set[str]) -> set[str]:
    return {one for one in ids if one.endswith(kind)}


class Phone:
    """Slack, as far as it shows App Home."""

    def __init__(self) -> None:
        self.shown = ""

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        self.shown = json.dumps(arguments.get("view", {})) if method == "views.publish" else self.shown
        return {"ok": True}


# ------------------------------------------------------------------------------------------------- the readers


def check_lists(stage: Stage, who: str, mine: set[str]) -> None:
    """Lists, their totals, CSV and search hold what may be seen and nothing else."""
    for kind, paths in LISTS.items():
        for answer, file in zip(stage.asks(who, *paths), stage.asks(who, *paths, Accept="text/csv"), strict=True):
            body = answer.json()
            assert {one["id"] for one in body["items"]} == of_kind(kind, mine), answer.url
            assert body["total"] == len(body["items"])
            rows = list(csv.DictReader(io.StringIO(file.text)))
            assert ({row["id"] for row in rows}, file.headers["x-total-count"]) == (of_kind(kind, mine), str(len(rows)))
    [answer] = stage.asks(who, "/v1/alerts?limit=200")
    told = answer.json()
    assert {one["record"] for one in told["items"]} == {one for one in mine if one in stage.alerts}
    assert told["total"] == len(told["items"])


def check_pages(stage: Stage, who: str, owners: set[str] | None, mine: set[str]) -> None:
    """The page has the rows of the API, its filter offers their owners, its head counts their messages."""
    [page] = [parse(one.text) for one in stage.asks(who, "/stalled?lang=en&limit=200")]
    rows = [one.one("th").all("a")[0].text for one in page.all("tr") if "data-row" in one.attributes]
    assert sorted(rows) == sorted(stage.names[one] for one in of_kind("late", mine))
    offered = [choice for one in page.all("select", name="owner") for choice in one.all("option")]
    choices = {one.attributes["value"] for one in offered} - {""}
    expected = {f"{key.partition(':')[2]}@acme.example" for key in IDS if owners is None or key in owners}
    assert choices == expected
    [lost] = [one.text for one in stage.asks(who, "/undelivered?lang=en")]
    assert {one for one in stage.alerts if stage.names[one] in lost} == {one for one in mine if one in stage.alerts}


def check_nothing_else(stage: Stage, who: str, owners: set[str] | None, mine: set[str]) -> None:
    """No route and no page names what is hidden, nor whose it is."""
    names = {stage.names[one] for one in stage.owners.keys() - mine}
    names |= {f"Wz{key.replace(':', '')}w" for key in IDS if owners is not None and key not in owners}
    for answer in stage.asks(who, *EVERYWHERE):
        assert answer.status_code in (200, 403), (answer.url, answer.text)
        assert [name for name in names if name in answer.text] == [], answer.url


def check_ids(stage: Stage, who: str, mine: set[str]) -> None:
    """By its id: what is hidden is answered as what is not there, to the letter."""

    def paths(record: str, alert: str) -> list[str | tuple[str, str]]:
        kind = "leads" if record.endswith("lead") else "deals"
        return [
            *(f"/v1/{kind}/{record}", f"/{kind}/{record}", ("DELETE", f"/v1/alerts/{alert}/hold")),
            *(("POST", f"/v1/alerts/{alert}/acknowledge"), ("DELETE", f"/v1/partners/{record}/links")),
        ]

    unknown = {kind: stage.asks(who, *paths(f"crm:none-{kind}", "none")) for kind in ("late", "lead")}
    late = sorted(stage.alerts)
    for record in [*[one for one in late if one in mine][:2], *[one for one in late if one not in mine][:3]]:
        alert = stage.alerts[record]
        if record in mine:
            first = [one.status_code for one in stage.asks(who, *paths(record, alert)[:3])]
            assert first == [200, 200, 409], record
        else:
            answers = stage.asks(who, *paths(record, alert))
            assert [_told(one) for one in answers] == [_told(one) for one in unknown[record[-4:]]], record


def _told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.text


def check_slack(stage: Stage, owners: set[str] | None, mine: set[str]) -> None:
    """A button answers for what is seen, and App Home shows nothing else."""
    world, phone = stage.world, Phone()
    speaking = stage.live.project.speaking
    identities = Identities(phone, lambda: world.us, speaking.people)
    looking = Looking(world.db, world.clock, speaking, identities, "Asia/Tokyo")
    with world.db.read() as conn:
        company = Company.of(conn, speaking)
        who = identities.who(PHONE, company)
        cases = {one: Case.of(conn, world.book, company.people, alert) for one, alert in stage.alerts.items()}
    allowed = {one for one, case in cases.items() if case is not None and case.may_answer(who)}
    assert allowed == {one for one in mine if one in stage.alerts}
    look = looking.at(PHONE)
    assert look.may_see is None if owners is None else (look.may_see or set()) & set(IDS) == owners
    glances = Glancing(world.book, stage.live.project.sources)
    Screens(world.db, phone, looking, glances, lambda _address, _said: None).show(Opened(user=PHONE, event="E"))
    assert [stage.names[one] for one in stage.owners.keys() - mine if stage.names[one] in phone.shown] == []


# ------------------------------------------------------------------------------------------------- the law


def the_law(stage: Stage, organisation: Organisation, who: str) -> None:
    stage.becomes(organisation, phone=who)
    organisation = replace(organisation, overrides={who: "", **organisation.overrides})  # `people:` names their phone
    owners = organisation.sees(who)
    mine = seen(stage, owners)
    if not organisation.knows(who):
        assert {one.status_code for one in stage.asks(who, "/v1/deals/stalled", "/stalled")} == {401}
        check_slack(stage, owners, mine)
        return
    check_lists(stage, who, mine)
    check_pages(stage, who, owners, mine)
    check_nothing_else(stage, who, owners, mine)
    check_ids(stage, who, mine)
    check_slack(stage, owners, mine)


ALIKE: Final = settings(
    deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@given(organisation=organisations(), who=st.sampled_from(ADDRESSES))
@settings(ALIKE, max_examples=2)
def test_s9_every_reader_tells_what_the_model_lets_them_see(stage: Stage, organisation: Organisation, who: str) -> None:
    the_law(stage, organisation, who)


@pytest.mark.slow
@given(organisation=organisations(), who=st.sampled_from(ADDRESSES))
@settings(ALIKE, max_examples=150)
def test_s9_every_reader_of_many_organisations(stage: Stage, organisation: Organisation, who: str) -> None:
    the_law(stage, organisation, who)


@given(organisation=organisations(), who=st.sampled_from(ADDRESSES))
@settings(ALIKE, max_examples=50)
def test_s9_whom_a_tree_lets_see_is_who_stands_above(stage: Stage, organisation: Organisation, who: str) -> None:
    stage.becomes(organisation, phone=HOLDER)
    organisation = replace(organisation, overrides={HOLDER: "", **organisation.overrides})
    speaking = stage.live.project.speaking
    with stage.world.db.read() as conn:
        company = Company.of(conn, speaking)
    principal = company.person(who)
    assert (principal is not None) is organisation.knows(who)
    visible = None if principal is None else company.visible(principal)
    owners = organisation.sees(who)
    if principal is not None:
        assert (visible is None) is (owners is None)
        assert visible is None or set(visible.owners) & set(IDS) == owners


HOLDER: Final = "p0@acme.example"


def test_s10_a_rep_who_moves_is_gone_from_the_old_managers_lists_at_once_in_every_process(stage: Stage) -> None:
    tree: dict[str, str | None] = {**dict.fromkeys(IDS), "crm:p1": "crm:p0", "crm:p2": "crm:p1"}
    stage.becomes(Organisation(managers=tree), phone=HOLDER)
    other = replace(stage, app=create_app(Live(stage.live.project)))

    def names(process: Stage, who: str) -> set[str]:
        [answer] = process.asks(who, "/v1/deals/stalled")
        return {one["id"] for one in answer.json()["items"]}

    old, new = "p0@acme.example", "p5@acme.example"
    for process in (stage, other):
        assert names(process, old) == {"crm:p0-late", "crm:p1-late", "crm:p2-late"}
        assert names(process, new) == {"crm:p5-late"}
    row = {"id": "crm:p1", "connection": "crm", "external_id": "p1", "name": "Wzcrmp1w", "email": "p1@acme.example"}
    with stage.world.db.write() as conn:
        people.upsert(conn, [
            {**row, "active": True, "manager": "crm:p5", "team": None, "zone": None, "language": None}
        ])  # fmt: skip
    for process in (stage, other):
        assert names(process, old) == {"crm:p0-late"}
        assert names(process, new) == {"crm:p5-late", "crm:p1-late", "crm:p2-late"}
