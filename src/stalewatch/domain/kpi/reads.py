"""What KPIs read of a record, and of which fields the past has to be kept for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from stalewatch.domain.kpi.moment import OUTCOMES
from stalewatch.domain.language.model import Catalogue, Field, FieldType, Origin, RuleSet
from stalewatch.domain.language.refs import fields

_PLACE: Final = ("owner", "team", "pipeline", "segment", "partner")
_READ: Final[Mapping[str, tuple[str, ...]]] = {
    "deal": (
        *_PLACE, "stage", "amount", "close_date", "created_at", "is_open", "next_meeting_at", "stakeholders",
        "next_step", "meeting_notes", "loss_reason",
    ),
    "lead": (
        "owner", "created_at", "is_open", "status", "mql_at", "handed_off_at", "first_touch_at", "unconverted_reason",
    ),
}  # fmt: skip
BESIDE: Final = ("outcome", "closed_at")
"""Columns of deals that are no fields of the catalogue, and whose past is kept as that of fields is."""
NOTED: Final = ("stakeholders", "meeting_ends_at")
"""What follows from activities, and changes with them: each change is noted when it is seen."""
_NOT_KEPT: Final = frozenset({"created_at", *NOTED})
_MOMENT, _TEXT, _YES = FieldType.DATETIME, FieldType.TEXT, FieldType.BOOL


def measured(rules: RuleSet, obj: str) -> frozenset[str]:
    """The catalogue fields that KPIs read."""
    known = rules.catalogue.objects[obj].keys()
    return frozenset(_READ["lead" if obj == "lead" else "deal"]) & known | frozenset(_of_scores(rules, obj))


def tracked(rules: RuleSet, obj: str) -> frozenset[str]:
    """Those of them, and of a deal's outcome, whose changes a sync writes down."""
    beside = () if obj == "lead" else BESIDE
    kept = measured(rules, obj) - _NOT_KEPT
    # What is open follows from the outcome; of leads it is all that there is.
    return (kept if obj == "lead" else kept - {"is_open"}) | frozenset(beside)


def _of_scores(rules: RuleSet, obj: str) -> Iterator[str]:
    for score in rules.scores.values():
        if score.watch == obj:
            for _, item in score.items:
                yield from fields(item, rules)


def with_columns(catalogue: Catalogue, obj: str) -> Catalogue:
    """The catalogue with what is stored of every record beside its fields, as if they were fields of ours."""
    kinds: dict[str, tuple[FieldType, tuple[str, ...]]] = {
        "first_seen_at": (_MOMENT, ()), "gone_at": (_MOMENT, ()), "closed_at": (_MOMENT, ()), "team": (_TEXT, ()),
        "owner": (FieldType.PERSON, ()), "is_open": (_YES, ()), "created_at": (_MOMENT, ()),
    }  # fmt: skip
    if obj != "lead":
        kinds |= {"outcome": (FieldType.CHOICE, OUTCOMES), "meeting_ends_at": (_MOMENT, ())}
    own = {name: Field(name, kind, Origin.STALEWATCH, values) for name, (kind, values) in kinds.items()}
    return replace(catalogue, objects={**catalogue.objects, obj: {**catalogue.objects[obj], **own}})
