"""When a lead was qualified and handed over: a property where one is mapped, else what its past tells."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from stalewatch.sdk.records import Lead
from stalewatch_hubspot.queries import LIFECYCLE
from stalewatch_sandbox.hubspot.company import Owner
from stalewatch_sandbox.hubspot.kinds import LEADS
from stalewatch_sandbox.hubspot.schema import Type
from tests.connectors.hubspot.portals import NOON, SATO, Reader, Story

READS = {"deal": ["stage"], "lead": ["status", "mql_at", "handed_off_at", "first_touch_at"]}
MAPPED = {"lead": {"fields": {"mql_at": "became_mql", "handed_off_at": "given_on"}}}
INSIDE = {"lead": {"handoff": {"from_teams": ["Inside Sales"]}}}
ITO, ABE, MORI = "21", "22", "23"
CREATED, QUALIFIED, GIVEN = (NOON - timedelta(days=days) for days in (9, 8, 7))


@pytest.fixture(autouse=True)
def _staff(story: Story) -> None:
    """Ito and Abe are in the team that hands leads over; Sato and Mori sell."""
    for number, team in ((ITO, "Inside sales"), (ABE, "Inside sales"), (MORI, "Osaka")):
        story.portal.add_owner(Owner(number=int(number), user=int(number), email=f"p{number}@acme.example",
                                     first_name="P", last_name=number, teams=(("2", team),)))  # fmt: skip


def lead(story: Story, owner: str = "", **properties: object) -> str:
    said = {"hs_lead_name": "Kimura", "hs_pipeline": "lead-pipeline-id", "hs_pipeline_stage": "new-stage-id",
            "hubspot_owner_id": owner}  # fmt: skip
    return story.portal.create("leads", said | properties, at=CREATED)


def owned(story: Story, id_: str, *owners: str) -> None:
    """The lead goes from hand to hand, a day each, from `GIVEN` on."""
    for day, owner in enumerate(owners):
        story.portal.update("leads", id_, {"hubspot_owner_id": owner}, at=GIVEN + timedelta(days=day))


def qualified(story: Story, id_: str, at: datetime = QUALIFIED) -> None:
    story.portal.update("leads", id_, {"hs_pipeline_stage": "attempting-stage-id"}, at=at)


def reader_of(story: Story, **options: object) -> Reader:
    reader = story.reader(reads=READS, **options)
    story.passes(minutes=15)
    reader.pull()
    return reader


def five_minutes(story: Story, reader: Reader) -> int:
    """Something that was just written is found a minute later; returns the calls of the pull."""
    story.passes(minutes=5)
    story.board.ledger.reset()
    reader.pull()
    return len(story.board.ledger)


def times(told: Lead) -> tuple[object, object]:
    return told.fields["mql_at"], told.fields["handed_off_at"]


def described(story: Story, **options: object) -> set[str]:
    with_leads = story.connector(reads=READS, **options).describe().fields["lead"]  # type: ignore[arg-type]
    return {info.ours for info in with_leads}


def test_a_lead_is_followed_from_nobody_to_the_seller_who_got_it(story: Story) -> None:
    id_ = lead(story)
    reader = reader_of(story)
    assert times(reader.leads[id_]) == (None, None)
    story.portal.update("leads", id_, {"hs_pipeline_stage": "attempting-stage-id"})
    became = story.board.clock.now()
    five_minutes(story, reader)
    assert times(reader.leads[id_]) == (became, None)
    story.portal.update("leads", id_, {"hubspot_owner_id": SATO, "hs_pipeline_stage": "connected-stage-id"})
    got = story.board.clock.now()
    five_minutes(story, reader)
    assert times(reader.leads[id_]) == (became, got)


def test_the_first_qualification_counts_and_a_lead_may_begin_with_it(story: Story) -> None:
    again, at_once = lead(story), lead(story, hs_pipeline_stage="attempting-stage-id")
    qualified(story, again)
    story.portal.update("leads", again, {"hs_pipeline_stage": "new-stage-id"}, at=QUALIFIED + timedelta(days=1))
    qualified(story, again, QUALIFIED + timedelta(days=2))
    reader = reader_of(story)
    assert times(reader.leads[again])[0] == QUALIFIED
    assert times(reader.leads[at_once])[0] == CREATED


@pytest.mark.parametrize(
    ("first", "owners", "days"),
    [
        ("", (SATO,), 0),
        ("", (ITO, SATO), 1),
        (ITO, (SATO,), 0),
        (ITO, (ABE, SATO, ITO, MORI), 3),
        ("", (SATO, MORI), 0),
        (SATO, ("", MORI), 1),
        (SATO, (MORI,), None),
        (SATO, (ITO,), None),
        ("", (ITO, ABE), None),
        (SATO, (), None),
    ],
)
def test_who_gave_it_to_whom_says_whether_it_was_handed_over(
    story: Story, first: str, owners: tuple[str, ...], days: int | None
) -> None:
    id_ = lead(story, first)
    owned(story, id_, *owners)
    told = times(reader_of(story, map=INSIDE).leads[id_])[1]
    assert told == (None if days is None else GIVEN + timedelta(days=days))


def test_without_giving_teams_only_nobodys_leads_are_handed_over(story: Story) -> None:
    id_ = lead(story, ITO)
    owned(story, id_, SATO)
    assert times(reader_of(story).leads[id_])[1] is None


def test_mapped_dates_win_also_where_they_are_empty_and_their_past_is_not_asked(story: Story) -> None:
    for name in ("became_mql", "given_on"):
        story.portal.schema.add_own(LEADS, name, Type.DATETIME)
    filled, empty = lead(story, became_mql=NOON, given_on=NOON), lead(story)
    for one in (filled, empty):
        qualified(story, one)
        owned(story, one, SATO)
    reader = reader_of(story, map=MAPPED)
    assert times(reader.leads[filled]) == (NOON, NOON)
    assert times(reader.leads[empty]) == (None, None)
    assert not any(b"propertiesWithHistory" in call.body for call in story.board.ledger if "/leads/" in call.path)
    assert not any("/contacts/" in call.path for call in story.board.ledger)


def test_a_mapped_property_that_the_portal_has_not_leaves_it_to_the_past(story: Story) -> None:
    id_ = lead(story)
    qualified(story, id_)
    owned(story, id_, SATO)
    assert times(reader_of(story, map=MAPPED).leads[id_]) == (QUALIFIED, GIVEN)


def test_the_lifecycle_stage_of_its_contacts_says_it_before_its_own_status_does(story: Story) -> None:
    id_ = lead(story)
    qualified(story, id_)
    for days in (3, 4):
        contact = story.portal.create(
            "contacts", {"email": f"{days}@x.example", LIFECYCLE: NOON - timedelta(days=days)}
        )
        story.portal.associate("leads", id_, "contacts", contact)
    assert times(reader_of(story).leads[id_])[0] == NOON - timedelta(days=4)


def test_a_contact_that_is_qualified_later_tells_its_lead_which_did_not_change(story: Story) -> None:
    id_, contact = lead(story), story.portal.create("contacts", {"email": "kimura@customer.example"})
    story.portal.associate("leads", id_, "contacts", contact)
    reader = reader_of(story)
    assert times(reader.leads[id_])[0] is None
    now = story.board.clock.now()
    story.portal.update("contacts", contact, {LIFECYCLE: now})
    five_minutes(story, reader)
    assert times(reader.leads[id_])[0] == now
    story.passes(minutes=15)
    reader.pull()
    story.portal.update("contacts", contact, {"email": "k@customer.example"})
    five_minutes(story, reader)
    assert [one for page in reader.pages for one in page.leads] == [], "other news of a contact are no news of a lead"


def test_a_portal_without_that_property_is_not_asked_about_contacts(story: Story) -> None:
    story.portal.schema._of["contacts"].pop(LIFECYCLE)
    id_ = lead(story)
    qualified(story, id_)
    reader = reader_of(story)
    assert times(reader.leads[id_])[0] == QUALIFIED
    assert five_minutes(story, reader) == 6


def test_quiet_cycles_ask_for_leads_and_contacts_once_and_changed_leads_once_more(story: Story) -> None:
    ids = [lead(story) for _ in range(60)]
    reader = reader_of(story)
    assert five_minutes(story, reader) == 7
    for id_ in ids[:50]:
        story.portal.update("leads", id_, {"hubspot_owner_id": SATO})
    # Whose leads' past it is, and which contacts they have; nobody has any.
    assert five_minutes(story, reader) == 7 + 2


def test_owners_that_may_not_be_read_leave_a_hand_over_by_a_team_untold(story: Story) -> None:
    told = {"mql_at", "handed_off_at", "first_touch_at"}
    assert told <= described(story, map=INSIDE)
    story.board.faults.arm("HS23", scope="crm.objects.owners.read")
    assert told & described(story) == told
    assert told & described(story, map=INSIDE) == {"mql_at", "first_touch_at"}
