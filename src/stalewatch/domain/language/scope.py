"""The names that a condition may use where it stands, and their types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.model import (
    Band,
    Catalogue,
    Field,
    FieldType,
    Mode,
    Origin,
    Ref,
    Score,
    Severity,
    Words,
)
from stalewatch.domain.language.nodes import Scalar, Span

A_RECORD: Final[Words] = {"en": "a record", "ja": "データ"}
CLOCK_WORDS: Final = frozenset({"now", "today"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Fields by name for one object.

    Attributes:
        object: what unknown names are reported against ("deal has no field ..."), per language where it is no name.
        entered: True where `entered` may stand (in `until` only: it needs a running clock).
    """

    object: str | Words
    fields: Mapping[str, Field]
    entered: bool = field(default=False)

    def with_entered(self) -> Scope:
        return replace(self, entered=True)

    def ref(self, name: str, at: Scalar | Span, findings: Findings) -> Ref | None:
        """The field of this name; None, and a finding, if there is none."""
        known = self.fields.get(name)
        if known is not None:
            return Ref(known.name, known.type)
        if name.lower() in CLOCK_WORDS:
            findings.report("reads_clock", at, cure("clock"), name=name)
        else:
            titles = {title: field.name for field in self.fields.values() for title in field.title.values()}
            remedy = cure("list_fields")
            findings.unknown("unknown_field", at, name, self.fields, remedy, titles=titles, object=self.object)
        return None

    def values(self, ref: Ref) -> tuple[str, ...]:
        """The choices of a choice field."""
        return self.fields[ref.name].values

    def offered(self, ref: Ref) -> tuple[str, ...]:
        """What the CRM's own list of values has for a field; empty if it is not known."""
        return self.fields[ref.name].offered

    def value_titles(self, ref: Ref) -> dict[str, str]:
        """What readers see for the choices of a choice field, in every language, and the choice it stands for."""
        return {title: value for value, words in self.fields[ref.name].value_titles.items() for title in words.values()}


def rule_scope(watch: str, catalogue: Catalogue, bands: Iterable[Band] = (), scores: Iterable[Score] = ()) -> Scope:
    """What rules, exceptions and score items of an object may name: its fields, bands and scores."""
    fields = dict(catalogue.objects.get(watch, {}))
    for band in bands:
        if band.of.name in fields:
            fields[band.name] = Field(band.name, FieldType.CHOICE, Origin.RULES, tuple(row[0] for row in band.rows))
    for score in scores:
        if score.watch in catalogue.ancestry(watch):
            name = f"score.{score.name}"
            fields[name] = Field(name, FieldType.INT, Origin.RULES, title=_score_title(score))
    return Scope(watch, fields)


def route_scope(catalogue: Catalogue, bands: Iterable[Band] = (), scores: Iterable[Score] = ()) -> Scope:
    """What `routes:` may name: the alert's severity, what it watches, and the fields of every object."""
    fields: dict[str, Field] = {}
    bands, scores = tuple(bands), tuple(scores)
    for watch in catalogue.objects:
        fields = {**rule_scope(watch, catalogue, bands, scores).fields, **fields}
    return Scope({"en": "a route", "ja": "ルート"}, {**fields, **_alert_fields(catalogue)})


def calendar_scope(catalogue: Catalogue) -> Scope:
    """What `calendars.choose` may name: the fields of every object."""
    fields: dict[str, Field] = {}
    for of_object in catalogue.objects.values():
        fields = {**of_object, **fields}
    return Scope(A_RECORD, fields)


def _alert_fields(catalogue: Catalogue) -> dict[str, Field]:
    choices = {
        "severity": tuple(severity.value for severity in Severity),
        "watch": tuple(catalogue.objects),
        "mode": tuple(mode.value for mode in Mode),
    }
    fields = {name: Field(name, FieldType.CHOICE, Origin.STALEWATCH, values) for name, values in choices.items()}
    return {**fields, **{name: Field(name, FieldType.TEXT, Origin.STALEWATCH) for name in ("rule", "pack")}}


def _score_title(score: Score) -> Mapping[str, str]:
    shown = score.name.replace("_", " ").upper()
    return {"en": shown, "ja": shown}
