"""A long page is cut into pieces that know nothing of each other, and nothing of it is lost or said twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from stalewatch.sdk.connector import Cursor, Finding, Level, Page
from stalewatch.sdk.records import (
    Activity,
    ActivityKind,
    Actor,
    Deal,
    FieldChange,
    Lead,
    Person,
    Rejected,
    StageVisit,
)  # fmt: skip
from stalewatch.services.syncing.pieces import pieces

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
CURSOR: Cursor = {"since": "2026-03-02"}
RECORDS = [f"r{number}" for number in range(12)]

record = st.sampled_from(RECORDS)
some = st.lists(record, max_size=4)


def mail(name: str, records: Sequence[str]) -> Activity:
    return Activity(id=name, kind=ActivityKind.EMAIL, actor=Actor.CUSTOMER, at=AT, records=tuple(records))


@st.composite
def page(draw: st.DrawFn) -> Page:
    """Any page; the same record may be on it twice, and what is said may be of a record that is not on it."""
    told = draw(st.lists(some, max_size=5))
    merges = draw(st.lists(st.tuples(record, record).filter(lambda pair: pair[0] != pair[1]), max_size=2))
    return Page(
        cursor=CURSOR,
        deals=[Deal(id=one, name=f"deal {place}") for place, one in enumerate(draw(st.lists(record, max_size=9)))],
        leads=[Lead(id=one, name=f"lead {place}") for place, one in enumerate(draw(some))],
        people=[Person(id="sato", name="Sato")],
        activities=[mail(f"a{place}", mine) for place, mine in enumerate(told)],
        visits=[StageVisit(deal=one, stage="demo", entered_at=AT) for one in draw(some)],
        changes=[FieldChange(record=one, field="amount", at=AT, value=7) for one in draw(some)],
        gone=draw(some),
        merged=dict(merges),
        histories=frozenset(draw(some)),
        history_fields=frozenset({"amount"}),
        rejected=[Rejected(ref="r99", reason="no name")],
        open_ids=frozenset(RECORDS),
        findings=[Finding(subject="crm", level=Level.OK, message="read")],
        complete=True,
        as_of=AT,
    )


def said_of(one: Page) -> Iterator[str]:
    """The records of which a page says something."""
    yield from (deal.id for deal in one.deals)
    yield from (lead.id for lead in one.leads)
    yield from (name for activity in one.activities for name in activity.records)
    yield from (visit.deal for visit in one.visits)
    yield from (change.record for change in one.changes)
    yield from (*one.gone, *one.histories, *one.merged, *one.merged.values())


def shown(one: Page) -> set[str]:
    return {deal.id for deal in one.deals} | {lead.id for lead in one.leads}


@given(page(), st.integers(1, 4))
def test_together_the_pieces_say_what_the_page_says(whole: Page, most: int) -> None:
    cut = pieces(whole, most)
    for name in ("deals", "leads", "activities", "visits", "changes", "people", "gone", "rejected"):
        told = [repr(one) for piece in cut for one in getattr(piece, name)]
        assert Counter(told) == Counter(map(repr, getattr(whole, name))), name
    assert frozenset().union(*(piece.histories for piece in cut)) == whole.histories
    assert {old: new for piece in cut for old, new in piece.merged.items()} == whole.merged
    for piece in cut:
        assert (piece.cursor, piece.history_fields, piece.as_of) == (whole.cursor, whole.history_fields, whole.as_of)


@given(page(), st.integers(1, 4))
def test_what_is_said_of_a_record_on_the_page_is_said_in_one_piece(whole: Page, most: int) -> None:
    cut = pieces(whole, most)
    told = [set(said_of(piece)) for piece in cut]
    for one in shown(whole):
        assert sum(one in records for records in told) == 1


@given(page(), st.integers(1, 4))
def test_a_record_that_comes_twice_keeps_its_order(whole: Page, most: int) -> None:
    for piece in pieces(whole, most):
        for one in shown(piece):
            mine = [deal.name for deal in piece.deals if deal.id == one]
            assert mine == [deal.name for deal in whole.deals if deal.id == one]


@given(page(), st.integers(1, 4))
def test_what_is_said_of_the_page_stands_at_its_end_and_its_people_at_its_beginning(whole: Page, most: int) -> None:
    *others, last = pieces(whole, most)
    assert (last.complete, last.open_ids, last.findings) == (True, whole.open_ids, whole.findings)
    assert not any(one.complete or one.open_ids is not None or one.findings is not None for one in others)
    assert [*others, last][0].people == whole.people


@given(st.integers(1, 40), st.integers(1, 7))
def test_a_piece_has_no_more_records_than_asked_unless_they_belong_together(many: int, most: int) -> None:
    apart = Page(cursor=CURSOR, deals=[Deal(id=f"{number:02}", name="a deal") for number in range(many)])
    sizes = [len(piece.deals) for piece in pieces(apart, most)]
    assert sum(sizes) == many
    assert max(sizes) <= most
    assert len(sizes) == -(-many // most)


def test_records_that_share_mails_or_a_merge_stay_together() -> None:
    deals = [Deal(id=f"r{number}", name="a deal") for number in range(6)]
    whole = Page(
        cursor=CURSOR, deals=deals, activities=[mail("a", ["r0", "r9"]), mail("b", ["r9", "r4"])], merged={"r1": "r5"}
    )
    assert [sorted(shown(piece)) for piece in pieces(whole, 1)] == [["r0", "r4"], ["r1", "r5"], ["r2"], ["r3"], [], []]


def test_a_page_that_takes_activities_back_stays_whole_nobody_knows_whose_they_were() -> None:
    deals = [Deal(id=f"r{number}", name="a deal") for number in range(6)]
    whole = Page(cursor=CURSOR, deals=deals, withdrawn=["a"])
    assert pieces(whole, 1) == [whole]
