"""Which calendar each record of a batch follows: the first row that takes it, by what the record says."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars, Chosen
from stalewatch.domain.frame import Column, Frame
from stalewatch.domain.language.model import Compare, FieldType, Literal, Ref, RuleSet
from tests.domain.calendar_builders import TOKYO, calendar
from tests.domain.judge_batches import catalogue

JAPAN, OSAKA, KYOTO = (calendar(replace(TOKYO, name=name)) for name in ("japan", "osaka", "kyoto"))
RULES: Final = RuleSet(catalogue(), ())


def is_(value: str, name: str = "team") -> Compare:
    return Compare("==", Ref(name, FieldType.TEXT), Literal(value, FieldType.TEXT))


def deals(*teams: str) -> Frame:
    """A deal for each team; those of nobody have none."""
    there = np.array([bool(team) for team in teams], np.bool_)
    return Frame("deal", len(teams), {"team": Column(np.array(teams, dtype=object), there)})


BY_TEAM: Final = Calendars(((is_("kansai"), OSAKA), (is_("kyoto"), KYOTO), (is_("kansai"), JAPAN), (None, JAPAN)))


def shown(parts: list[tuple[Calendar, object]]) -> list[tuple[str, object]]:
    """The parts, with calendars by their names and places as lists."""
    return [(one.spec.name, at.tolist() if isinstance(at, np.ndarray) else at) for one, at in parts]


def test_the_first_row_that_takes_a_record_names_its_calendar() -> None:
    chosen = BY_TEAM.choose(deals("kyoto", "kansai", "tokyo", "", "kansai"), RULES)
    assert [chosen.of(record).spec.name for record in range(5)] == ["kyoto", "osaka", "japan", "japan", "osaka"]
    assert shown([*chosen.each()]) == [("osaka", [1, 4]), ("kyoto", [0]), ("japan", [2, 3])]


def test_some_records_are_split_by_the_calendar_that_they_follow() -> None:
    chosen = BY_TEAM.choose(deals("kyoto", "kansai", "tokyo", "", "kansai"), RULES)
    assert shown([*chosen.split(np.array([4, 2, 1]))]) == [("osaka", [4, 1]), ("japan", [2])]
    assert chosen.split(np.array([], np.intp)) == []
    again = chosen.taken(np.array([2, 0, 0]))
    assert [again.of(record).spec.name for record in range(3)] == ["japan", "kyoto", "kyoto"]
    assert again.calendars == chosen.calendars


def test_of_no_records_and_of_one_calendar_there_is_one_part() -> None:
    assert shown([*BY_TEAM.choose(deals(), RULES).each()]) == [("osaka", slice(None))], "nobody is in it"
    alone = Calendars.single(KYOTO)
    chosen = alone.choose(deals("kansai", "tokyo"), RULES)
    assert chosen == Chosen((KYOTO,), None)
    assert shown([*chosen.each()]) == [("kyoto", slice(None))]
    assert shown([*chosen.split(np.array([1]))]) == [("kyoto", [1])]
    assert (chosen.of(1), chosen.taken(np.array([1, 1])), alone.default) == (KYOTO, chosen, KYOTO)


def test_whom_no_row_takes_follows_the_last_one() -> None:
    """A project always ends with a row for all; what is asked here is that nothing else is assumed."""
    chosen = Calendars(((is_("kansai"), OSAKA), (is_("kyoto"), KYOTO))).choose(deals("tokyo", "kansai"), RULES)
    assert [chosen.of(record).spec.name for record in range(2)] == ["kyoto", "osaka"]


def test_a_change_of_what_the_choice_reads_is_known_by_name() -> None:
    assert BY_TEAM.fields(RULES) == {"team"}
    assert Calendars(((is_("x", "owner"), OSAKA), *BY_TEAM.rows)).fields(RULES) == {"team", "owner"}
    assert Calendars.single(KYOTO).fields(RULES) == frozenset()
