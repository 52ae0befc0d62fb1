"""What a rule's page says of the past: what the rule would have said, and what other limits would have done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from stalewatch.delivery.wording.learning_figures import ahead, interval, percent, rate
from stalewatch.delivery.wording.learning_words import say
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.language.model import Rule
from stalewatch.domain.learning.suggesting import LEAST_AT_RISK, LEAST_WON, Day, Lacking
from stalewatch.services.learning.backtests import Backtest
from stalewatch.services.learning.limits import Learned
from stalewatch.services.learning.looking_back import LookedBack, Try
from stalewatch.web.pages.charts import Chart, Table
from stalewatch.web.pages.learned_charts import curve, trade_off

CURVES: Final = 3
"""Groups whose curve is drawn: the largest of which a limit is known."""
ROWS: Final = 20
"""Groups that are listed."""
_LIMITS: Final = 2
"""Limits of one rule that are named each; of more, how much of each they are."""
_FIGURES: Final = ("FLAGGED", "MATURE", "NOT_WON", "SURE", "LIFT", "RECALL", "EARLY", "LEAD", "NAGGED", "MOST")
_LEARNED: Final = ("GROUP", "WON", "LOST", "OPEN", "CHANCE", "WARN", "LIMIT", "SURE", "CLOSE_OUT")


class Titles(NamedTuple):
    """Of the section and its parts."""

    past: str
    counting: str
    others: str
    suggests: str
    which: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The section as the template draws it.

    Attributes:
        answer: in a sentence. lines: what belongs to it.
        charts: against the limit. others: a row for each limit.
        curves, limits: what was learned; `notes`: where nothing could be. honest: what none of it says.
    """

    answer: str
    lines: tuple[str, ...]
    charts: tuple[Chart, ...]
    others: Table
    curves: tuple[Chart, ...]
    limits: Table
    notes: tuple[str, ...]
    honest: str


def titles(reader: Reader) -> Titles:
    """In the reader's language."""
    names = ("past", "past_counting", "OTHER_LIMITS", "suggests", "suggests_which")
    return Titles(*(say(name, reader) for name in names))


def shown(rule: Rule, found: LookedBack, reader: Reader) -> Shown:
    """What the past says of a rule, in words and charts."""
    own = found.own
    by_limit = {_named(one, reader): one.found for one in found.tries}
    largest = sorted((one for one in found.learned if one.found.limit), key=lambda one: -_many(one))[:CURVES]
    return Shown(
        answer=_answer(rule, found, reader), lines=tuple(_lines(found, own, reader)),
        charts=tuple(trade_off(by_limit, reader)) if by_limit else (),
        others=Table(_heads(("LIMIT", *_FIGURES), reader), tuple(_tried(*one, reader) for one in by_limit.items())),
        curves=tuple(curve(_group(one, reader), one, reader) for one in largest),
        limits=Table(
            _heads(_LEARNED, reader), tuple(_row(one, reader) for one in found.learned[:ROWS] if one.found.limit)
        ),
        notes=tuple(_notes(rule, found, reader)), honest=say("honest", reader),
    )  # fmt: skip


def _answer(rule: Rule, found: LookedBack, reader: Reader) -> str:
    own = found.own
    if own is None:
        return say("blind", reader, rule=rule.id, fields=", ".join(found.lacking))
    told = {"what": say("a_rule", reader, rule=rule.id), "horizon": reader.number(own.horizon),
            "about": say(f"records_{rule.watch}", reader)}  # fmt: skip
    score = own.score
    if score.precision.value is None:
        return say("would_not", reader, flagged=score.flagged.all, **told)
    return say(
        "would", reader, mature=score.mature.all, over=score.precision.over, share=rate(score.precision),
        nagged=rate(own.nagged) or "–", recall=rate(score.recall) or "–", **told,
    )  # fmt: skip


def _lines(found: LookedBack, own: Backtest | None, reader: Reader) -> Iterator[str]:
    yield say("past_of", reader, many=found.records, until=moment(found.as_of, reader, timed=False))
    if own is None:
        return
    score, ends = own.score, own.score.flagged
    if ends.all:
        yield say("flagged_rule", reader, flagged=ends.all, won=ends.won, lost=ends.lost, open=ends.open,
                  late=score.late_entries)  # fmt: skip
    if score.lift is not None:
        yield say("base", reader, base=rate(score.base), lift=f"{score.lift:.2f}")
    if score.lead is not None:
        quartiles = {name: reader.number(round(days, 1)) for name, days in score.lead._asdict().items()}
        yield say("ahead", reader, early=rate(score.early) or "–", **quartiles)


def _named(one: Try, reader: Reader) -> str:
    if len(one.limits) > _LIMITS:
        name = say("times", reader, share=reader.percent(one.step))
    else:
        name = " / ".join(dict.fromkeys(duration(each, reader) for each in one.limits))
    return say("as_written", reader, limit=name) if one.step == 1.0 else name


def _tried(name: str, one: Backtest, reader: Reader) -> tuple[str, ...]:
    score = one.score
    return (
        name, reader.number(score.flagged.all), reader.number(score.mature.all), _or_none(rate(score.precision)),
        _or_none(interval(score.precision)), "–" if score.lift is None else f"{score.lift:.2f}",
        _or_none(rate(score.recall)), _or_none(rate(score.early)), _or_none(ahead(score, reader)),
        _or_none(rate(one.nagged)), reader.number(max((load.most for load in one.load), default=0)),
    )  # fmt: skip


def _row(one: Learned, reader: Reader) -> tuple[str, ...]:
    found, number = one.found, reader.number
    return (
        _group(one, reader), number(found.won), number(found.lost), number(found.open),
        percent(float(found.curve.chance[0])), *(_day(each, reader) for each in (found.warn, found.limit)),
        _sure(found.limit, reader), _day(found.close_out, reader),
    )  # fmt: skip


def _notes(rule: Rule, found: LookedBack, reader: Reader) -> Iterator[str]:
    if found.about is None:
        yield say("not_about", reader, rule=rule.id)
        return
    if not found.learned:
        yield say("nothing_learned", reader)
    for one in found.learned[:ROWS]:
        learned, group = one.found, _group(one, reader)
        if learned.lacking is not Lacking.NONE:
            least = LEAST_WON if learned.lacking is Lacking.FEW_WON else LEAST_AT_RISK
            yield say(learned.lacking.value, reader, group=group, won=learned.won, least=least)
        elif learned.turns_up is not None:
            yield say("turns_up", reader, group=group, day=learned.turns_up)


def _group(one: Learned, reader: Reader) -> str:
    parts = [clean(part) for part in (one.group.pipeline, one.group.stage, one.group.segment) if part is not None]
    return " · ".join(parts) or say("all", reader)


def _many(one: Learned) -> int:
    return one.found.won + one.found.lost + one.found.open


def _heads(names: Sequence[str], reader: Reader) -> tuple[str, ...]:
    """The words of the command line, which shouts its heads."""
    return tuple(say(name, reader).capitalize() for name in names)


def _day(one: Day | None, reader: Reader) -> str:
    return "–" if one is None else reader.number(one.day)


def _sure(one: Day | None, reader: Reader) -> str:
    if one is None or one.interval is None:
        return "–"
    return "–".join(reader.number(round(each)) for each in one.interval)


def _or_none(text: str) -> str:
    return text or "–"
