"""When a CRM fails, lies or hides something: the round ends, the good is kept, and nobody is told what is not so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.two_desks import NOW
from tests.acceptance.two_desks_office import Office, opened

OTHER = {"sf": "hs", "hs": "sf"}
SELLERS = {"sf": "sato@acme.com", "hs": "sato@other.example"}
CALLED = {"sf": "Salesforce (sf)", "hs": "HubSpot (hs)"}
HALF_AN_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)

each_crm = pytest.mark.parametrize("crm", ["sf", "hs"])

DAILY = {
    ("sf", "down"),
    ("sf", "truncated"),
    ("sf", "quota"),
    ("hs", "maintenance"),
    ("hs", "silent"),
    ("hs", "revoked"),
}
OUTAGES = [
    pytest.param(crm, outage, marks=() if (crm, outage) in DAILY else pytest.mark.slow)
    for outage in ("down", "maintenance", "truncated", "silent", "quota", "revoked")
    for crm in ("sf", "hs")
]


@pytest.fixture
def office(tmp_path: Path, sqlite_template: Path) -> Iterator[Office]:
    """An office whose first round is over: of each CRM one deal is late, and its seller was told."""
    shutil.copyfile(sqlite_template, tmp_path / "stalewatch.db")
    with opened(f"sqlite:///{tmp_path / 'stalewatch.db'}") as made:
        [report] = made.rounds()
        assert report.failures == ()
        for crm in ("sf", "hs"):
            assert made.told(crm) == [(SELLERS[crm], "late")]
            assert made.alert(crm, "late") == "open"
        assert made.operator_heard() == []
        yield made


# -------------------------------------------------------------------------------------- nothing can be read


@pytest.mark.parametrize(("crm", "outage"), OUTAGES)
def test_while_a_crm_cannot_be_read_what_was_known_stays_and_nothing_is_concluded(
    office: Office, crm: str, outage: str
) -> None:
    broken, before = office.crms[crm], office.connection(crm)
    office.breaks(crm, outage)
    for name in ("late", "soon"):
        broken.hears(office.ids[crm, name], NOW + timedelta(minutes=1))
    for report in office.rounds(4 * HOUR, every=HOUR):
        assert {one.connection for one in report.synced if one.error is not None} <= {crm}

    after = office.connection(crm)
    assert (after.cursor, after.data_at) == (before.cursor, before.data_at)
    assert after.last_error
    assert office.told(crm) == [(SELLERS[crm], "late")], "the deal that came due is not judged on old data"
    assert (office.alert(crm, "late"), office.alert(crm, "soon")) == ("open", "none")
    assert office.told(OTHER[crm])[1:] == [(SELLERS[OTHER[crm]], "soon")], "the other CRM goes on"
    [headline] = office.operator_heard()
    assert headline.startswith(f"{CALLED[crm]} cannot be read")

    office.mends(crm)
    office.rounds(16 * HOUR, every=HOUR)  # a quota of the day is believed to be spent until midnight there
    mended = office.connection(crm)
    assert mended.last_error is None
    assert mended.cursor != before.cursor
    assert office.alert(crm, "late") == "resolved", "what the customer wrote meanwhile was found"
    assert "soon" not in [name for _, name in office.told(crm)]
    assert len(office.operator_heard()) == 1


# ---------------------------------------------------------------------------------- something cannot be read


@each_crm
def test_where_mails_cannot_be_read_silence_is_not_judged_and_the_operator_is_told_once(
    office: Office, crm: str
) -> None:
    office.crms[crm].hides_mails()
    office.restarts()
    office.rounds(6 * HOUR, every=HALF_AN_HOUR)
    assert (office.alert(crm, "late"), office.alert(crm, "soon")) == ("open", "none")
    assert office.told(crm) == [(SELLERS[crm], "late")]
    assert office.told(OTHER[crm])[1:] == [(SELLERS[OTHER[crm]], "soon")]
    assert len(office.operator_heard()) == 1
    assert office.operator_heard()[0].startswith(f"{CALLED[crm]}: Last customer activity cannot be read")

    office.clock.advance(timedelta(days=20))
    office.rounds(timedelta(hours=1))
    assert office.alert(crm, "late", "in-stage") == "open", "what can be read is judged"
    assert office.alert(crm, "soon") == "none"
    assert len(office.operator_heard()) == 1

    office.crms[crm].mends()
    office.restarts()
    office.clock.advance(timedelta(days=1))
    office.rounds(timedelta(hours=1))
    assert office.alert(crm, "soon") == "open", "when it can be read again, the state is what the deadline says"
    assert len(office.operator_heard()) == 1


@each_crm
def test_a_stage_that_nobody_mapped_is_neither_kept_nor_left_by_any_rule_that_asks_for_it(
    office: Office, crm: str
) -> None:
    office.clock.advance(timedelta(days=22))
    office.rounds(HOUR)
    assert office.alert(crm, "late", "in-stage") == "open"
    heard = len(office.told(crm))
    office.crms[crm].moves_to_a_strange_stage(office.ids[crm, "late"])
    office.rounds(6 * HOUR, every=HALF_AN_HOUR)
    assert "stage" in office.deal(crm, "late").unreadable
    assert office.alert(crm, "late", "in-stage") == "open"
    assert office.alert(crm, "late") == "open", "rules that do not ask for the stage go on"
    assert office.alert(crm, "fine", "in-stage") == "open", "other deals too"
    assert len(office.told(crm)) == heard
    assert office.operator_heard() == [f"{CALLED[crm]}: Stage cannot be read"]


# ------------------------------------------------------------------------------------------ what cannot be so


@each_crm
def test_a_row_that_cannot_be_so_is_set_aside_with_its_reason_and_the_rest_is_kept(office: Office, crm: str) -> None:
    other = office.crms[crm]
    office.ids[crm, "absurd"] = other.deal("Absurd", **other.absurd)
    office.ids[crm, "good"] = other.deal("Good")
    before = office.connection(crm).cursor
    office.clock.advance(timedelta(minutes=5))
    other.touch(office.ids[crm, "absurd"], office.ids[crm, "good"])
    reports = office.rounds(HOUR)
    assert sum(sum(one.rejected.values()) for report in reports for one in report.synced if one.connection == crm) == 1
    assert office.deal(crm, "good") is not None
    assert office.deal(crm, "absurd") is None or "amount" in office.deal(crm, "absurd").unreadable
    assert office.set_aside(crm) == [{"sf": "number too large", "hs": "amount is no number"}[crm]]
    assert office.connection(crm).cursor != before
    assert office.connection(crm).last_error is None
    assert office.alert(crm, "good") == "open"


@each_crm
def test_sf04_hs30_a_night_in_which_every_deal_is_touched_moves_no_alert_and_tells_nobody(
    office: Office, crm: str
) -> None:
    """A picklist is renamed, a calculated property runs: everything was modified and nothing has changed."""
    before = office.told(crm)
    deals = [office.ids[crm, name] for name in ("late", "soon", "fine")]
    states = {name: office.deal(crm, name) for name in ("late", "soon", "fine")}
    office.clock.advance(timedelta(minutes=30))
    office.crms[crm].touch(*deals)
    office.clock.advance(timedelta(minutes=10))
    reports = office.rounds(timedelta(minutes=30))
    assert sum(one.records for report in reports for one in report.synced if one.connection == crm) >= 3
    assert office.told(crm) == before
    assert {name: office.alert(crm, name) for name in states} == {"late": "open", "soon": "none", "fine": "none"}
    for name, known in states.items():
        now = office.deal(crm, name)
        assert (now.stage, now.amount, now.stage_entered_at) == (known.stage, known.amount, known.stage_entered_at)


# --------------------------------------------------------------------------------------- people and absence


@each_crm
def test_what_is_to_be_said_to_somebody_who_left_is_said_to_whoever_stands_behind_them(
    office: Office, crm: str
) -> None:
    office.crms[crm].seller_leaves()
    office.restarts()
    office.clock.advance(timedelta(days=1))
    office.rounds(2 * HOUR)
    behind = {"sf": "tanaka@acme.com", "hs": "operator"}
    assert office.told(crm)[1:] == [(behind[crm], "soon")]
    assert office.told(OTHER[crm])[1:] == [(SELLERS[OTHER[crm]], "soon")]


@each_crm
def test_a_deal_that_was_deleted_for_good_is_missed_within_a_day_and_its_alert_ends_without_a_word(
    office: Office, crm: str
) -> None:
    heard = office.told(crm)
    office.crms[crm].delete(office.ids[crm, "late"])
    office.rounds(HOUR)
    assert office.deal(crm, "late").gone_at is None, "nothing is concluded from silence"
    office.clock.advance(timedelta(days=1))
    office.rounds(HOUR)
    assert office.deal(crm, "late").gone_at is not None
    assert office.deal(crm, "fine").gone_at is None
    assert office.alert(crm, "late") == "resolved"
    assert [one for one in office.told(crm) if one[1] == "late"] == heard


@each_crm
def test_a_crm_that_suddenly_shows_hardly_any_deal_is_not_believed(office: Office, crm: str) -> None:
    for name in ("late", "soon"):
        office.crms[crm].delete(office.ids[crm, name])
    office.clock.advance(timedelta(days=1))
    office.rounds(HOUR)
    assert {name: office.deal(crm, name).gone_at for name in ("late", "soon", "fine")} == dict.fromkeys(
        ("late", "soon", "fine")
    )
    assert office.alert(crm, "late") == "open"
    assert office.operator_heard() == [f"{CALLED[crm]}: 2 open records vanished all at once"]
