"""What answering needs of a project, for Slack and the API alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stalewatch.services.answering.outcomes import Office
from stalewatch.wiring.links import loss_checks
from stalewatch.wiring.project import Stalewatch


def office_of(project: Stalewatch) -> Office:
    """What may be written where, in which language, and who makes links for customers."""
    connections = project.settings.connections
    return Office(
        book=project.rulebook,
        allowed={one.id: one.writeback for one in connections},
        mapped={one.id: _mapped(one.options) for one in connections},
        language=project.speaking.language,
        links=loss_checks(project),
    )


def _mapped(options: Mapping[str, Any]) -> frozenset[str]:
    """The fields of deals that `map.deal.fields` names, by our names; the connector has checked them."""
    found: Any = options
    for key in ("map", "deal", "fields"):
        found = found.get(key) if isinstance(found, Mapping) else None
    return frozenset(found) if isinstance(found, Mapping) else frozenset()
