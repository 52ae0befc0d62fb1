"""The schema of test files of rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from stalewatch.domain.alerts import Kind
from stalewatch.domain.deadlines import State
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.language.schema.conditions import value
from stalewatch.domain.language.schema.parts import (
    DURATION,
    MOMENT,
    NAME,
    TEXT,
    Definitions,
    Schema,
    closed,
    listed,
    one_of,
    some,
    suggested,
    titled,
    whole,
)
from stalewatch.domain.language.schema.rules import Known
from stalewatch.domain.language.schema.words import captioned

_CLOCK: Final = "[0-9]{1,2}:[0-9]{2}"
_YEARLY: Final = "[0-9]{2}-[0-9]{2}"
_DAY: Final = "(?:mon|tue|wed|thu|fri|sat|sun)"


def calendar_schema(language: str) -> Schema:
    """A business calendar, as test files and stalewatch.yaml describe it."""
    days = {"type": "string", "pattern": f"^(?:all|every day|{_DAY}(?:-{_DAY})?)$"}
    closures = {"type": "string", "pattern": f"^ *{_YEARLY} *(?:\\.\\. *{_YEARLY} *)?$"}
    parts: dict[str, Schema] = {
        "tz": {"type": "string", "examples": ["Asia/Tokyo", "Europe/Berlin", "America/New_York", "UTC"]},
        "hours": {"type": "string", "pattern": f"^ *{_CLOCK} *- *{_CLOCK} *$"},
        "days": {"anyOf": [days, {"type": "array", "items": days, "minItems": 1}]},
        "holidays": {"type": ["string", "boolean", "null"], "examples": ["JP", "US", "DE", "off"]},
        "closed": some(closures),
    }
    return closed({key: captioned(key, language, part) for key, part in parts.items()})


def trials_schema(known: Known, language: str) -> Schema:
    """The schema of test files, with captions in a language."""
    return _Tests(known, language, Definitions()).schema()


@dataclass(frozen=True, slots=True)
class _Tests:
    known: Known
    language: str
    definitions: Definitions

    def _keys(self, parts: dict[str, Schema], **lines: str) -> dict[str, Schema]:
        return {key: captioned(lines.get(key, key), self.language, part) for key, part in parts.items()}

    def schema(self) -> Schema:
        live = self._keys(
            {"keep_for": DURATION, "reopen_within": DURATION, "repeat": DURATION, "escalate": some(DURATION)},
            escalate="live.escalate",
        )
        parts: dict[str, Schema] = {
            "stalewatch_test": {"const": 1},
            "rules": some(TEXT),
            "calendar": calendar_schema(self.language),
            "live": closed(live),
            "tests": listed(self.definitions.add("test", self._test())),
        }
        keys = self._keys(parts, rules="test.rules")
        return whole(
            closed(keys, ("stalewatch_test", "rules", "tests")), self.definitions, "stalewatch: tests of rules"
        )

    def _test(self) -> Schema:
        catalogue = self.known.rules.catalogue
        records = {watch: self._record(watch, catalogue) for watch in catalogue.objects}
        every = {name: schema for record in records.values() for name, schema in record["properties"].items()}
        anything = {
            name: {"anyOf": [r["properties"][name] for r in records.values() if name in r["properties"]]}
            for name in every
        }
        given = closed(records, minProperties=1, maxProperties=1)
        parts: dict[str, Schema] = {
            "name": TEXT,
            "given": given,
            "changes": listed(self.definitions.add("change", self._change(closed(anything), catalogue))),
            "expect": listed(self.definitions.add("expectation", self._expectation())),
        }
        return closed(self._keys(parts), ("name", "given", "expect"))

    def _record(self, watch: str, catalogue: Catalogue) -> Schema:
        """Fields with their values; null and "" are empty."""
        empty: Schema = {"enum": [None, ""]}
        fields = {
            name: titled({"anyOf": [value(one), empty]}, self.language, one.title)
            for name, one in catalogue.objects[watch].items()
        }
        return closed(fields)

    def _change(self, values: Schema, catalogue: Catalogue) -> Schema:
        event = self._keys(
            {"type": one_of(catalogue.events), "id": TEXT, "began": MOMENT},
            type="event.type", id="event.id", began="event.began",
        )  # fmt: skip
        snooze = self._keys({"rule": suggested(self.known.ids), "until": MOMENT, "reason": TEXT}, until="snooze.until")
        hold = self._keys({"until": MOMENT, "reason": TEXT}, until="hold.until")
        parts: dict[str, Schema] = {
            "at": MOMENT,
            "set": values,
            "event": closed(event, ("type", "id")),
            "snooze": closed(snooze, ("rule", "until")),
            "hold": closed(hold, ("until",)),
        }
        return closed(self._keys(parts), ("at",), minProperties=2)

    def _expectation(self) -> Schema:
        said = {"type": "string", "pattern": f"^[0-9]+:(?:{'|'.join(kind.value for kind in Kind)})$"}
        parts: dict[str, Schema] = {
            "at": MOMENT,
            "rule": suggested(self.known.ids),
            "event": NAME,
            "state": one_of(state.word for state in State),
            "breach_at": MOMENT,
            "warn_at": MOMENT,
            "says": some(said),
        }
        return closed(self._keys(parts, event="expect.event"), ("at", "rule"))
