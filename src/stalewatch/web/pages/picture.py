"""One picture of time for one record: what is stored of it, laid out from left to right, and nothing else.

Stages are bands, the customer's doings stand above them and ours below, meetings are diamonds, each clock is a bar
that ends at its limit with what is late behind it, and the present is a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from stalewatch.delivery.columns import width
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.record_words import MARKS, happened, state
from stalewatch.delivery.wording.times import day, moment
from stalewatch.delivery.wording.untrusted import clean, shorten
from stalewatch.domain.explain import Explanation
from stalewatch.domain.instants import DAY, from_us
from stalewatch.services.reporting.record_story import Doing, Lane, Story

WIDTH: Final = 1040
GUTTER: Final = 228
"""Where time begins; the names of the rows stand left of it."""
_END: Final = WIDTH - 14
_BACK, _AHEAD = 240 * DAY, 60 * DAY
_SHORTEST: Final = 7 * DAY
_LETTER: Final = 6.5
"""How wide a column of small text is; wide characters take two."""
_CLOCKS: Final = 8
_DRAWN: Final = ("breached", "at_risk", "paused", "watching")
_FIRST_CLOCK, _CLOCK = 182, 30


@dataclass(frozen=True, slots=True)
class Text:
    """Words at a place; `anchor` is SVG's ("start", "middle", "end")."""

    x: float
    words: str
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Band:
    """A stage. `label` is "" where the band is too narrow for it; `says` tells everything."""

    x: float
    width: float
    label: str
    says: str
    shade: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment."""

    x: float
    says: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock: from where it counts (`x`) to its limit (`limit`), and how far it is over (`late`, a width)."""

    y: int
    title: str
    x: float
    limit: float
    late: float
    state: str
    says: str
    label: Text | None
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything drawn, in units of the view box. `earlier` things happened before it begins."""

    height: int
    foot: int
    today: Text
    ticks: tuple[Text, ...]
    bands: tuple[Band, ...]
    customer: tuple[Mark, ...]
    meetings: tuple[Mark, ...]
    seller: tuple[Mark, ...]
    clocks: tuple[Clock, ...]
    begins: str
    ends: str
    earlier: int


def picture(story: Story, titles: dict[str, str], now: int, reader: Reader) -> Picture | None:
    """Lay a story out; None where nothing of it has a date.

    Args:
        titles: of stages, by their catalogue names.
        now: microseconds.
    """
    window = _window(story, now)
    if window is None:
        return None
    pen = _Pen(*window, now, reader)
    clocks = [pen.clock(one, place) for place, one in enumerate(_clocks(story.deadlines))]
    lanes = {lane: tuple(pen.mark(one) for one in story.doings if one.lane is lane and pen.shows(one.at))
             for lane in Lane}  # fmt: skip
    foot = _FIRST_CLOCK + _CLOCK * len(clocks) - (0 if clocks else 22)
    return Picture(
        height=foot + 24,
        foot=foot,
        today=pen.today(),
        ticks=tuple(pen.ticks()),
        bands=tuple(pen.bands(story, titles)),
        customer=lanes[Lane.CUSTOMER],
        meetings=lanes[Lane.MEETING],
        seller=lanes[Lane.SELLER],
        clocks=tuple(clocks),
        begins=moment(window[0], reader, timed=False),
        ends=moment(window[1], reader, timed=False),
        earlier=sum(one.at < window[0] for one in story.doings),
    )


def _clocks(deadlines: Sequence[Explanation]) -> list[Explanation]:
    """The clocks that run, those that are late first."""
    running = [one for one in deadlines if one.state in _DRAWN and one.anchor is not None and one.due is not None]
    return running[:_CLOCKS]


def _window(story: Story, now: int) -> tuple[int, int] | None:
    """From the first known date to the last that is near, with room for the word "today"."""
    dates = [one.since for one in story.stays] + [one.at for one in story.doings]
    dates += [at for one in _clocks(story.deadlines) for at in (one.anchor, one.due) if at is not None]
    dates += [] if story.created_at is None else [story.created_at]
    if not dates:
        return None
    begin = max(min(*dates, now - _SHORTEST), now - _BACK)
    end = max(now, *(at for at in (*dates, now) if at <= now + _AHEAD))
    return begin, max(end, now + (now - begin) // 16) + (end - begin) // 50


@dataclass(frozen=True, slots=True)
class _Pen:
    """Knows where a moment lies."""

    begin: int
    end: int
    now: int
    reader: Reader

    def x(self, at: int) -> float:
        inside = max(self.begin, min(self.end, at))
        return round(GUTTER + (_END - GUTTER) * (inside - self.begin) / (self.end - self.begin), 1)

    def shows(self, at: int) -> bool:
        return self.begin <= at <= self.end

    def today(self) -> Text:
        words = self.reader.words.gettext("today {date}")
        said = words.format(date=moment(self.now, self.reader, timed=False))
        place, half = self.x(self.now), _room(said) / 2
        return Text(place, said, "end") if place + half > WIDTH else Text(place, said, "middle")

    def bands(self, story: Story, titles: dict[str, str]) -> list[Band]:
        found = []
        for place, stay in enumerate(story.stays):
            until = self.now if stay.until is None else stay.until
            if until < self.begin or stay.since > self.end:
                continue
            right = self.x(until)
            left = min(right, self.x(max(stay.since, story.created_at or 0)))  # a first value is kept from year one on
            title = titles.get(stay.stage, clean(stay.stage))
            label = title if _room(title) + 14 < right - left else ""
            since = moment(stay.since, self.reader, timed=False) if stay.since > 0 else ""
            says = f"{title}: {since} – {moment(until, self.reader, timed=False)}"
            found.append(Band(left, round(max(1.5, right - left - 1.5), 1), label, says, place % 2))
        return found

    def mark(self, one: Doing) -> Mark:
        told = {"kind": one.kind, "actor": one.lane.value, "meeting": one.state}
        return Mark(self.x(one.at), f"{happened(told, self.reader)}, {moment(one.at, self.reader)}", one.state or "")

    def clock(self, one: Explanation, place: int) -> Clock:
        anchor, due = one.anchor or 0, one.due or 0
        is_late, is_cut = one.state == "breached", due > self.end
        start, limit = self.x(anchor), self.x(due)
        late = round(self.x(self.now) - limit, 1) if is_late else 0.0
        title, room = self.reader.pick(one.rule_title), int((GUTTER - 14) / 6.2)
        words = self.reader.words.gettext("limit {date}").format(date=moment(due, self.reader, one.zone, timed=False))
        return Clock(
            y=_FIRST_CLOCK + _CLOCK * place,
            title=f"{MARKS[one.state]} {_fitted(title, room)}",
            x=start,
            limit=limit,
            late=late,
            state=one.state,
            says=f"{title}: {state(one.state, self.reader)}. {moment(anchor, self.reader, one.zone)} – "
            f"{moment(due, self.reader, one.zone)}",
            label=self._label(words, start, limit + late),
            is_cut=is_cut,
        )

    def _label(self, words: str, start: float, end: float) -> Text | None:
        """Behind the bar, else before it; a bar that leaves no room has its date in the list below the picture."""
        if end + 8 + _room(words) < WIDTH:
            return Text(end + 8, words)
        if start - 8 - _room(words) > GUTTER:
            return Text(start - 8, words, "end")
        return None

    def ticks(self) -> list[Text]:
        """Some round dates, at most a dozen."""
        zone = ZoneInfo(self.reader.zone)
        first, last = (from_us(at).astimezone(zone).date() for at in (self.begin, self.end))
        found = []
        for each in _round_dates(first, last):
            place = self.x(self.begin + (each - first).days * DAY)
            said = day(each, self.reader)
            if place - _room(said) / 2 > GUTTER - 10 and place + _room(said) / 2 < WIDTH:
                found.append(Text(place, said, "middle"))
        return found


def _round_dates(first: date, last: date) -> list[date]:
    """Every day, second day, Monday, second Monday, or the first of months: the finest that gives no crowd."""
    days = (last - first).days
    for step in (1, 2, 7, 14):
        if days / step <= 12:
            start = first - timedelta(days=first.weekday()) if step > 2 else first
            return [start + timedelta(days=ahead) for ahead in range(0, days + step, step)]
    months = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in range(1, 13)]
    return [one for one in months if first <= one <= last]


def _room(text: str) -> float:
    """How wide small text is, about."""
    return width(text) * _LETTER


def _fitted(text: str, columns: int) -> str:
    """At most so many columns of the text."""
    length = len(text)
    while width(shorten(text, length)) > columns:
        length -= 1
    return shorten(text, length)
