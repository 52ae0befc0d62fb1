"""Arbitrary rules of the whole language, as somebody might write them, and the calendars that they run by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final

from stalewatch.domain.calendar import Spec
from tests.domain.calendar_builders import MONDAY_TO_FRIDAY, ROUND_THE_CLOCK, TOKYO
from tests.domain.condition_oracle import Book
from tests.domain.written import Expr, Mapped, Word

STAGES: Final = ("early", "middle", "late")
SEGMENTS: Final = ("small", "middle", "large")
TEXTS: Final = ("call", "Call Satō", "x y")
AMOUNTS: Final = (0, 100, 1234.5, 3_000_000, 30_000_000)
TYPES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("created_at", "met_at", "next_at", "answered_at", "hold_set_at", "resume_at"), "datetime"),
    **dict.fromkeys(("close_date", "decision_date", "hold_until", "noted_on"), "date"),
    **dict.fromkeys(("amount", "previous_amount"), "money"),
    **dict.fromkeys(("touches", "people"), "int"),
    **dict.fromkeys(("stage", "segment"), "choice"),
    **dict.fromkeys(("is_open", "agreed"), "bool"),
    **dict.fromkeys(("team", "next_step", "pain"), "text"),
    "owner": "person",
}
OURS: Final = ("hold_set_at", "hold_until", "resume_at")
"""Fields that stalewatch keeps: they can always be told."""
CHOICES: Final[Mapping[str, Sequence[str]]] = {"stage": STAGES, "segment": SEGMENTS}
EVENTS: Final = ("meeting", "proposal_sent")
ERAS: Final = (date(2026, 3, 2), date(2011, 12, 19), date(2026, 10, 19), date(2026, 4, 27))
"""Weeks with changes of clocks in Europe, America and Australia, Apia's lost date, Japan's holidays."""
SPECS: Final = (
    TOKYO,
    replace(TOKYO, name="ny", zone="America/New_York", opens=540, closes=1050, holidays="US", closed=()),
    replace(ROUND_THE_CLOCK, name="apia", zone="Pacific/Apia", days=MONDAY_TO_FRIDAY),
    replace(ROUND_THE_CLOCK, name="howe", zone="Australia/Lord_Howe", opens=90, closes=1440),
    replace(TOKYO, name="london", zone="Europe/London", opens=60, closes=150, holidays=None, days=frozenset({6, 0, 2})),
)
_LIMITS: Final = {"d": 20, "w": 3, "bd": 15, "h": 60, "bh": 20, "m": 300}
_JAPANESE: Final = {"d": "日", "w": "週間", "bd": "営業日", "h": "時間", "bh": "営業時間", "m": "分"}


def catalogue_text() -> str:
    """The field catalogue of these rules."""

    def said(name: str) -> str:
        values = f", values: [{', '.join(CHOICES[name])}]" if name in CHOICES else ""
        return f"    {name}: {{type: {TYPES[name]}, from: {'stalewatch' if name in OURS else 'crm'}{values}}}\n"

    fields = "".join(said(name) for name in TYPES)
    return f"stalewatch: 1\nfields:\n  deal:\n{fields}events: [{', '.join(EVENTS)}]\n"


@dataclass(frozen=True)
class Writer:
    """Writes rules by the throw of dice, around the dates of an era."""

    dice: Random
    era: date
    book: Book = field(default_factory=Book)

    # ------------------------------------------------------------------------------------ constants

    def day(self) -> date:
        return self.era + timedelta(days=self.dice.choice((-4, 0, 3, 9, 11, 20, 21)))

    def constant(self, name: str) -> Any:  # noqa: PLR0911  # one line per type
        """A constant that may stand beside the field."""
        match self.kind(name):
            case "choice":
                return self.dice.choice(self.choices(name))
            case "text" | "person":
                return self.dice.choice(TEXTS)
            case "money":
                return self.dice.choice(AMOUNTS)
            case "int":
                return self.dice.choice((0, 33, 50, 67, 100)) if name.startswith("score.") else self.dice.randrange(4)
            case "bool":
                return self.dice.random() < 0.5
        if self.dice.random() < 0.6:
            return self.day()
        return datetime.combine(self.day(), time(self.dice.choice((0, 2, 9, 18)), self.dice.choice((0, 30))))

    def kind(self, name: str) -> str:
        if name.startswith("score."):
            return "int"
        return "choice" if name in self.book.bands else TYPES[name]

    def choices(self, name: str) -> Sequence[str]:
        return [row["name"] for row in self.book.bands[name]["rows"]] if name in self.book.bands else CHOICES[name]

    def name(self, *kinds: str) -> str:
        """A field, band or score; of these types if any are given."""
        names = [*TYPES, *2 * list(self.book.bands), *(f"score.{score}" for score in 2 * list(self.book.scores))]
        return self.dice.choice([name for name in names if not kinds or self.kind(name) in kinds])

    def duration(self, *units: str) -> Word:
        unit = self.dice.choice(units or tuple(_LIMITS))
        most = _LIMITS[unit]
        amount = self.dice.choice((0 if unit in ("d", "w", "bd") else 1, 1, self.dice.randint(1, most)))
        return Word(f"{amount}{_JAPANESE[unit] if self.dice.random() < 0.1 else unit}")

    # ----------------------------------------------------------------------------------- conditions

    def condition(self, depth: int = 2, *, entered: bool = False) -> Mapped:
        """A mapping of one to three keys."""
        return dict(self._entry(depth, entered=entered) for _ in range(self.dice.choice((1, 1, 1, 2, 3))))

    def _entry(self, depth: int, *, entered: bool) -> tuple[str, Any]:
        throw = self.dice.random()
        if depth and throw < 0.25:
            parts = [self.condition(depth - 1, entered=entered) for _ in range(self.dice.randint(1, 3))]
            return self.dice.choice(("all", "any", "none")), parts if len(parts) > 1 else parts[0]
        if throw < 0.35:
            return "filled", [self.name() for _ in range(self.dice.randint(1, 2))]
        if entered and throw < 0.5:
            return "entered", [self.dice.choice(list(TYPES)) for _ in range(self.dice.randint(1, 2))]
        if throw < 0.65:
            return "expr", Expr(self._tree(2))
        name = self.name()
        return name, self._beside(name)

    def _beside(self, name: str) -> Any:
        throw, kind = self.dice.random(), self.kind(name)
        if throw < 0.2:
            return Word(self.dice.choice(("set", "empty")))
        if throw < 0.35:
            return self.constant(name)
        if throw < 0.45:
            return [self.constant(name) for _ in range(self.dice.randint(1, 2))]
        words = ["is", "not", "in", "not_in"]
        if kind in ("text", "person"):
            words += ["contains"] * 3
        if kind in ("int", "money", "date", "datetime"):
            words = ["at_least", "more_than", "at_most", "below"] * 2 + words
        if kind in ("date", "datetime"):
            words += ["before", "after"] * 3
        chosen = self.dice.sample(sorted(set(words)), self.dice.choice((1, 1, 2)))
        return {word: self._operand(word, name) for word in chosen}

    def _operand(self, word: str, name: str) -> Any:
        if word == "contains":
            return self.dice.choice(("CALL", "ō", "z"))
        if word.endswith("in"):
            return [self.constant(name), self.constant(name)]
        if word in ("is", "not") and self.dice.random() < 0.2:
            return Word("empty")
        return self.constant(name)

    # ---------------------------------------------------------------------------------- expressions

    def _tree(self, depth: int) -> tuple[Any, ...]:
        throw = self.dice.random()
        if depth and throw < 0.3:
            return self.dice.choice(("and", "or")), self._tree(depth - 1), self._tree(depth - 1)
        if depth and throw < 0.4:
            return "not", self._tree(depth - 1)
        if throw < 0.5:
            return "is", self.name(), self.dice.choice(("empty", "set")), self.dice.random() < 0.5
        if throw < 0.6:
            name = self.name("choice", "text", "int", "date", "datetime")
            return "in", name, [self.constant(name), self.constant(name)], self.dice.random() < 0.5
        return ("field", "agreed") if throw < 0.65 else self._comparison()

    def _comparison(self) -> tuple[Any, ...]:
        family: tuple[str, ...] = self.dice.choice((("int", "money"), ("date", "datetime"), ("choice",), ("text",)))
        signs = ("==", "!=") if family[0] in ("choice", "text") else ("==", "!=", "<", "<=", ">", ">=")
        name = self.name(*family)
        if family[0] == "int" and self.dice.random() < 0.6:
            left, right = self._sum(2), self._sum(1)
        else:
            beside = ("constant", self.constant(name))
            if self.dice.random() < 0.5:
                beside = ("field", self.name(*family))
            left, right = self.dice.sample((("field", name), beside), 2)
        return "compare", self.dice.choice(signs), left, right

    def _sum(self, depth: int) -> tuple[Any, ...]:
        """A sum with a field in it: two constants are no comparison."""
        field = ("field", self.name("int", "money"))
        if not depth:
            return field
        beside = self._sum(depth - 1) if self.dice.random() < 0.5 else ("constant", self.dice.choice((0, 2, 1000)))
        return ("count", self.dice.choice("+-*/"), *self.dice.sample((field, beside), 2))

    # ---------------------------------------------------------------------------------------- rules

    def rule(self, name: str) -> Mapped:
        """A whole rule; a few of them are refused, as a warning may turn out longer than the limit."""
        written: dict[str, Any] = {"id": name, "title": "A", "watch": "deal", "start": self.start()}
        written["within"] = self.within()
        if self.dice.random() < 0.5:
            written["where"] = self.condition()
        if self.dice.random() < 0.5:
            written["until"] = self.condition(entered=True)
        if self.dice.random() < 0.5:
            written["pause"] = self.pause()
        if self.dice.random() < 0.4:
            written["warn"] = self.duration()
        if self.dice.random() < 0.03:
            written["mode"] = Word("off")
        return written

    def start(self) -> Any:
        throw = self.dice.random()
        if throw < 0.2:
            return Word(self.name("date", "datetime"))
        if throw < 0.5:
            names = self.dice.sample([name for name in TYPES if TYPES[name] in ("date", "datetime")], 3)
            return {self.dice.choice(("latest_of", "earliest_of", "first_of")): names[: self.dice.randint(1, 3)]}
        return {"since": self.condition(1)} if throw < 0.8 else {"each": self.dice.choice(EVENTS)}

    def within(self) -> Any:
        throw = self.dice.random()
        if throw < 0.5:
            return self.duration()
        if throw < 0.7:
            name = self.name("choice", "bool")
            values = (True, False) if self.kind(name) == "bool" else self.choices(name)
            rows: dict[Any, Any] = {value: self.duration() for value in self.dice.sample(values, 2)}
            return {"by": name, **rows} | ({"else": self.duration()} if self.dice.random() < 0.6 else {})
        table: list[Mapped] = [{**self.condition(1), "is": self.duration()} for _ in range(self.dice.randint(1, 2))]
        return [*table, {"is": self.duration()}] if self.dice.random() < 0.7 else table

    def pause(self) -> Mapped:
        most = self.duration("d", "bd", "w", "h")
        most = Word("12h") if most[0] == "0" else most
        if self.dice.random() < 0.35:
            return {"while": self.condition(1), "max": most}
        until, since = self.dice.choice((("hold_until", "hold_set_at"),) * 3 + (("resume_at", "noted_on"),))
        return {"until": until, "from": since, "max": most}

    def exception(self, rules: Sequence[str]) -> Mapped:
        some = {"rules": self.dice.sample(list(rules), min(3, len(rules))), "until": self.day()}
        return some | ({"where": self.condition(1)} if self.dice.random() < 0.7 else {})


def book(writer: Writer) -> Book:
    """Two bands, and two scores that may name them."""
    bands: dict[str, Mapped] = {
        "price_band": {"of": "amount", "rows": [{"name": "low", "below": 100}, {"name": "high"}]},
        "crowd": {"of": "people", "rows": [{"name": "few", "below": 2}, {"name": "high", "below": 3}]},
    }
    with_bands = replace(writer, book=Book(bands))
    scores: dict[str, Mapped] = {
        name: {"watch": "deal", "items": {f"i{n}": with_bands.condition(1) for n in range(items)}}
        for name, items in (("fit", 3), ("bant", 8))
    }
    return Book(bands, scores)


def choice_of_calendars(writer: Writer) -> list[tuple[Mapped | None, Spec]]:
    """One calendar for all, or the rows of `calendars.choose`."""
    specs = writer.dice.sample(SPECS, writer.dice.choice((1, 2, 3)))
    return [(writer.condition(1), spec) for spec in specs[1:]] + [(None, specs[0])]
