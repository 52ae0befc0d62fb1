"""The sentences of the Home tab and the slash command: what is to be done, and what is said when nothing is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stalewatch.delivery import glance_words
from stalewatch.delivery.answered import Answered
from stalewatch.delivery.glances import Data, Glance, Member, Resting, Tally, Team
from stalewatch.delivery.wording.list_words import as_of, lateness
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.durations import Duration, Unit
from tests.delivery.tellings import NOW, at, sato, told

WEEK = Duration(7, Unit.DAY)
QUIET = Glance(currency="JPY", within=WEEK)
TOO_OLD = Data(as_of=NOW.isoformat(), age=None, waiting=("hubspot",))
FRESH = Data(as_of=NOW.isoformat(), age=30, waiting=())


def reader(language: str = "en") -> Reader:
    return sato(language).reads(NOW)


@pytest.mark.parametrize(
    ("tally", "english", "japanese"),
    [
        (Tally(), "0 deals", "案件が0件"),
        (Tally(deals=1), "1 deal", "案件が1件"),
        (Tally(leads=2), "2 leads", "リードが2件"),
        (Tally(deals=3, leads=1), "3 deals and 1 lead", "案件が3件、リードが1件"),
    ],
)
def test_deals_and_leads_are_counted_apart(tally: Tally, english: str, japanese: str) -> None:
    assert [glance_words.counted(tally, reader(language)) for language in ("en", "ja")] == [english, japanese]


@pytest.mark.parametrize(
    ("late", "owner", "data", "said"),
    [
        (Tally(deals=1, amount=21_000_000_00), "", None, "1 deal needs a next step from you · ¥21M"),
        (Tally(deals=2), "Suzuki", None, "Suzuki: 2 deals need a next step"),
        (Tally(), "Suzuki", FRESH, "Suzuki: Nothing needs a next step right now"),
        (Tally(), "", TOO_OLD, "What needs a next step cannot be told right now"),
    ],
)
def test_the_title_says_what_is_asked_of_whom(late: Tally, owner: str, data: Data | None, said: str) -> None:
    assert glance_words.title(late, "JPY", reader(), owner=owner, data=data) == said


@pytest.mark.parametrize(
    ("glance", "own", "data", "said"),
    [
        (QUIET, True, FRESH, ("All is answered, and nothing falls due within 7 days.",)),
        (replace(QUIET, soon=Tally(deals=1)), True, None, ("All is answered. What comes next stands below.",)),
        (replace(QUIET, owned=False), True, None, ("No open deal or lead in the CRM is in your name.",)),
        (replace(QUIET, owned=False), False, None, ("No open deal or lead in the CRM is in their name.",)),
        (QUIET, True, TOO_OLD, ()),
        (replace(QUIET, late=Tally(leads=1)), True, None, ()),
    ],
)
def test_peace_is_said_only_where_it_is_known(
    glance: Glance, own: bool, data: Data | None, said: tuple[str, ...]
) -> None:
    assert glance_words.peace(glance, reader(), own=own, data=data) == said


def test_of_a_team_nobody_is_praised_whose_data_is_too_old() -> None:
    team = Team(currency="JPY", within=WEEK, members=(Member(target="person:s", name="Sato"),))
    assert glance_words.team_peace(team, reader(), data=FRESH) == ("Everything that was late has its answer.",)
    assert glance_words.team_peace(team, reader(), data=TOO_OLD) == ()
    assert glance_words.team_peace(replace(team, members=()), reader(), data=None) == (
        "None of them has an open deal or lead.",
    )


def test_who_has_nothing_to_do_is_named_behind_those_who_have() -> None:
    members = (
        Member(target="person:s", name="Sato", late=Tally(deals=1), soon=Tally(deals=2), resting=3),
        Member(target="", name="", late=Tally(leads=1)),
        Member(target="person:t", name="Tanaka"),
    )
    assert glance_words.members(Team(currency="JPY", within=WEEK, members=members), reader()) == [
        "*Sato* · 1 without a next step · 2 due soon · 3 answered",
        "*No owner* · 1 without a next step",
        "Nothing waits for an answer: Tanaka",
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answered(act="hold", by="Tanaka"), "On hold (Tanaka)"),
        (Answered(act="passed_on"), "Answered"),
        (Answered(act="passed_on", until=at("11-24 18:00")), "Answered; we ask again on 24 Nov"),
    ],
)
def test_an_answer_without_words_of_its_own_still_says_until_when(answer: Answered, said: str) -> None:
    assert glance_words.answer(Resting(telling=told(), answer=answer), reader()) == said


def test_it_says_by_which_data_and_what_is_missing_from_it() -> None:
    assert glance_words.made(None, reader()) == ()
    assert glance_words.made(TOO_OLD, reader()) == (
        "The data of hubspot is too old to judge by; what stands here may be out of date.",
    )
    assert glance_words.made(FRESH, reader()) == ("As of 20 Nov 09:00; data just read",)


def test_what_a_team_has_is_offered_to_those_who_lead_one() -> None:
    alone, leading = (glance_words.help_lines(reader(), has_team=team) for team in (False, True))
    assert [line for line in leading if line not in alone] == [
        "*/stalewatch team* – your team, by name, and what to look at first"
    ]


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (59, "data just read"),
        (60, "data 1 minute old"),
        (3_599, "data 59 minutes old"),
        (3_600, "data 1 hour old"),
        (2 * 86_400 - 1, "data 47 hours old"),
        (2 * 86_400, "data 2 days old"),
    ],
)
def test_the_age_of_data_is_told_in_the_unit_that_fits(age: int, said: str) -> None:
    assert as_of(NOW.isoformat(), age, reader()) == f"As of 20 Nov 09:00; {said}"


@pytest.mark.parametrize(
    ("due", "limit", "days", "said"),
    [
        ("2025-11-14T18:00:00+09:00", "10bd", 4, "4 bd over"),
        ("2025-11-14T18:00:00+09:00", None, 5, "5 days over"),
        ("2025-11-24T18:00:00+09:00", "10bd", -2, "2 bd left"),
    ],
)
def test_how_late_it_is_counts_in_the_days_of_the_limit(due: str, limit: str | None, days: int, said: str) -> None:
    assert lateness(due, limit, days, reader()) == said
