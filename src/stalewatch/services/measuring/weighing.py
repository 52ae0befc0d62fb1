"""What a deal counts for in the forecast, and who says so: the CRM, its category, or what became of others like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.forecasting import OMITTED, Rate
from stalewatch.domain.language.model import FieldType
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import facts
from stalewatch.store.engine import Connection

KEPT: Final = "forecast.stages"
"""The fact under which the win rates of the stages are kept: stage -> [won, closed]."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What deals count for, the first of these that says something of a deal.

    They are those of the whole organisation, whoever reads: a deal is worth the same to everybody.

    Attributes:
        probability: the field of the catalogue that holds the CRM's own per cent; None: none does.
        categories: forecast category -> per cent.
        stages: stage -> of the deals that closed within a year and ever were in it, how many were won. It weighs
            deals without a category, and only from a base of 20 on.
    """

    probability: str | None
    categories: Mapping[str, int]
    stages: Mapping[str, Rate]

    def percent(self, category: str | None, stage: str | None, fields: Mapping[str, Any] | None) -> int | None:
        """What a deal counts for; None: nobody says. `store.forecasts` sums up by the same order."""
        told = (fields or {}).get(self.probability) if self.probability else None
        if isinstance(told, int) and 0 <= told <= 100:
            return told
        if category == OMITTED:
            return 0
        if category is not None and category in self.categories:
            return self.categories[category]
        rate = self.stages.get(stage or "")
        return None if rate is None else rate.percent


def weights(conn: Connection, book: Rulebook) -> Weights:
    """The weights as they are now."""
    said = book.judging.forecast
    field = book.rules.catalogue.objects["deal"].get(said.probability)
    is_told = field is not None and field.type is FieldType.INT
    kept = facts.read(conn, KEPT) or {}
    return Weights(
        said.probability if is_told else None,
        said.weights,
        {stage: Rate(won, closed) for stage, (won, closed) in sorted(kept.items())},
    )
