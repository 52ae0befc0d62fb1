"""Faults that lie in the records: values that nobody expects, and edits that nobody asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from stalewatch_sandbox.hubspot.company import Pipeline, stages
from stalewatch_sandbox.hubspot.kinds import DEALS, Kind
from stalewatch_sandbox.hubspot.paths import place
from stalewatch_sandbox.hubspot.portal import Portal
from stalewatch_sandbox.serving.exchange import Request, Response
from stalewatch_sandbox.serving.faults import Catalogue, Fault

Rows = Sequence[dict[str, Any]]
Change = dict[str, str | None]

_DIRECTIONS: Final = ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL", "SOMETHING_NEW", None)
_OUTCOMES: Final = ("CANCELED", "RESCHEDULED", "NO_SHOW", "")
_MOMENTS: Final = ("1672531200000", "1672531200000.0", "2026-01-01T00:00:00Z", "2026-01-01", "")
_NUMBERS: Final = ("1,234", "3092727991;388", "NaN", "")
_NAMES: Final = ("🐟" * 40, "nul\x00inside", "\u202eright to left", "字" * 32_000, "<!channel> & <@U1>")
_SAME_LABELS: Final = Pipeline(
    id="second",
    label="Second pipeline",
    stages=stages(("222", "Proposal", 0.4), ("223", "Our own win", 1), ("224", "Our own loss", 0)),
)


class DataFaults:
    """Those that a portal can be given; each method makes the fault of its case."""

    def __init__(self, portal: Portal) -> None:
        self._portal = portal

    def catalogue(self) -> Catalogue:
        """By the ids of their cases."""
        return {
            "HS07": self.archived, "HS25": self.directions, "HS26": self.outcomes, "HS28": self.old_meetings,
            "HS29": self.formats, "HS30": self.touched, "HS32": self.same_labels, "HS35": self.owner_left,
            "X05": self.odd_names,
        }  # fmt: skip

    def archived(self, id: str | None = None) -> Fault:  # noqa: A002  # the option is written in JSON
        """HS07: a deal goes into the bin; search and list are silent about it."""
        portal = self._portal

        def switch() -> Callable[[], None]:
            gone = id or _first(portal, DEALS)
            portal.archive("deals", gone)
            return lambda: portal.restore("deals", gone)

        return Fault(switch=switch)

    def directions(self, values: Sequence[str | None] = _DIRECTIONS) -> Fault:
        """HS25: mails in every direction, some of them unknown."""
        return _rewriting("emails", [{"hs_email_direction": value} for value in values])

    def outcomes(self, values: Sequence[str | None] = _OUTCOMES) -> Fault:
        """HS26: meetings that are called off, or not."""
        return _rewriting("meetings", [{"hs_meeting_outcome": value} for value in values])

    def old_meetings(self) -> Fault:
        """HS28: a meeting's hs_timestamp is when it was entered, as before November 2024."""
        return Fault(on=lambda request: _concerns(request, "meetings"), afterwards=_entered_at)

    def formats(self) -> Fault:
        """HS29: dates and numbers in every shape that was ever seen."""
        moments: list[Change] = [{"closedate": moment} for moment in _MOMENTS]
        numbers: list[Change] = [{"amount": number} for number in _NUMBERS]
        return _rewriting("deals", moments + numbers)

    def touched(self) -> Fault:
        """HS30: a calculated property moves the modified date of every deal; there is no way back."""

        def switch() -> Callable[[], None]:
            for record in self._portal.records(DEALS, archived=False):
                self._portal.touch("deals", str(record.now.number))
            return lambda: None

        return Fault(switch=switch, stays=True)

    def same_labels(self) -> Fault:
        """HS32: a second pipeline has a stage of the same name, and won and lost stages of its own."""
        portal = self._portal

        def switch() -> Callable[[], None]:
            portal.set_pipelines("deals", [*portal.pipelines(DEALS), _SAME_LABELS])
            return lambda: portal.set_pipelines(
                "deals", [one for one in portal.pipelines(DEALS) if one.id != _SAME_LABELS.id]
            )

        return Fault(switch=switch)

    def owner_left(self, owner: int | None = None) -> Fault:
        """HS35: an owner is there only among the archived ones."""

        def switch() -> Callable[[], None]:
            gone = self._portal.owners[owner or min(self._portal.owners)]
            gone.is_archived = True
            return lambda: setattr(gone, "is_archived", False)

        return Fault(switch=switch)

    def odd_names(self, values: Sequence[str] = _NAMES) -> Fault:
        """X05: names that somebody typed, or somebody's program."""
        return _rewriting("deals", [{"dealname": value} for value in values])


def _first(portal: Portal, kind: Kind) -> str:
    return str(portal.records(kind, archived=False)[0].now.number)


def _concerns(request: Request, name: str) -> bool:
    return place(request.path)[:2] == ("objects", name)


def _rewriting(name: str, changes: Sequence[Change]) -> Fault:
    """The rows of each answer get these values in turn; the records themselves stay as they are."""

    def rewrite(rows: Rows) -> None:
        for row, change in zip(rows, changes, strict=False):
            row["properties"] |= change

    return Fault(on=lambda request: _concerns(request, name), afterwards=lambda _, response: _edited(response, rewrite))


def _entered_at(_: Request, response: Response) -> Response:
    def rewrite(rows: Rows) -> None:
        for row in rows:
            row["properties"]["hs_timestamp"] = row["createdAt"]

    return _edited(response, rewrite)


def _edited(response: Response, edit: Callable[[Rows], None]) -> Response:
    if response.status not in (200, 207) or not response.body:
        return response
    body = response.value()
    edit(body.get("results", [body]))
    fresh = Response.json(body, response.status)
    return replace(response, body=fresh.body)
