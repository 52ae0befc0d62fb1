"""What follows from the past of stage, amount and close date: fields, the past of those fields, and events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from stalewatch.domain import movements
from stalewatch.domain.movements import Event, Visit
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes, events, records
from stalewatch.store.engine import Connection

Row = dict[str, Any]
Past = Mapping[str, Sequence[tuple[int, Any]]]
"""Per field (at, value), oldest first."""

_MOVING: Final = ("stage", "pipeline", "amount", "close_date", "proposal_sent_at")
"""Fields whose past tells when a deal moved and how."""
_FIELDS: Final = ("stage_entered_at", "previous_amount", "close_date_pushes")
"""Fields that follow from it."""
_EVENTS: Final = ("close_date_pushed", "stage_regressed", "amount_decreased", "proposal_sent")


def derive(conn: Connection, book: Rulebook, obj: str, ids: Collection[str]) -> changes.Past:
    """Write what the past of these deals says; return that past.

    Events from before we first saw the record start no clock: nobody could have been told in time.
    """
    past = changes.past(conn, ids, _MOVING)
    pasts = _by_record(past)
    order = book.rules.catalogue.objects[obj]["stage"].values
    kept = book.needs[obj].history & frozenset(_FIELDS)
    names = ["stage", "created_at", "closed_at", "first_seen_at", *_FIELDS]
    present = records.columns(conn, obj, pasts.keys(), names)
    rows: list[Row] = []
    found: list[Row] = []
    history: list[Row] = []
    for record, *values in zip(present["id"], *(present[name] for name in names), strict=True):
        stage, created, closed, seen, entered, *_ = known = values
        moves = _Moves(pasts[record], closed)
        told = moves.fields(stage, entered)
        if [told[name] for name in _FIELDS] != known[-len(_FIELDS) :]:
            rows.append({"id": record, **told})
        found += _events(record, moves.events(order), seen)
        history += [row for row in moves.past(record, created or 0) if row["field"] in kept]
    records.update(conn, obj, rows)
    events.replace(conn, ids, _EVENTS, found)
    if kept:
        changes.replace_history(conn, pasts.keys(), kept, history)
    return past


class _Moves:
    """How one deal moved."""

    def __init__(self, past: Past, closed_at: int | None) -> None:
        self._past = past
        self._closed_at = closed_at
        self._visits = movements.stage_runs(_visits(past["stage"], past["pipeline"]))
        self._pushes = movements.close_date_pushes(past["close_date"], closed_at)

    def fields(self, stage: str | None, entered: int | None) -> Row:
        """The fields now; `entered` is what the CRM itself says of the present stage, used where its past does not."""
        since = movements.stage_entered_at(self._visits, stage) or entered
        amount = movements.previous_amount(self._past["amount"], since)
        return {"stage_entered_at": since, "previous_amount": amount, "close_date_pushes": len(self._pushes)}

    def past(self, record: str, created: int) -> Iterator[Row]:
        """When each of the fields changed: with every stage entered, with every push."""
        for run in self._visits:
            yield _change(record, "stage_entered_at", run.at, run.at)
            yield _change(record, "previous_amount", run.at, movements.previous_amount(self._past["amount"], run.at))
        if self._pushes:
            yield _change(record, "close_date_pushes", min(created, self._pushes[0].at - 1), 0)
        for count, push in enumerate(self._pushes, start=1):
            yield _change(record, "close_date_pushes", push.at, count)

    def events(self, order: Sequence[str]) -> Mapping[str, Sequence[Event]]:
        """The events that `each` rules follow; `order` is that of the stages."""
        return {
            "close_date_pushed": self._pushes,
            "stage_regressed": movements.stage_regressions(self._visits, order),
            "amount_decreased": movements.amount_decreases(self._past["amount"], self._closed_at),
            "proposal_sent": movements.proposals_sent(self._past["proposal_sent_at"], self._visits),
        }


def _visits(stages: Sequence[tuple[int, Any]], pipelines: Sequence[tuple[int, Any]]) -> Iterator[Visit]:
    """Every entry of a stage with the pipeline in force then, as far as the history tells pipelines."""
    ahead = iter([*((at, value) for at, value in pipelines if value is not None), (None, None)])
    pipeline, (begins, following) = None, next(ahead)
    for at, stage in stages:
        while begins is not None and begins <= at:
            pipeline, (begins, following) = following, next(ahead)
        if stage is not None:
            yield Visit(str(stage), at, pipeline)


def _by_record(past: changes.Past) -> dict[str, dict[str, list[tuple[int, Any]]]]:
    found: dict[str, dict[str, list[tuple[int, Any]]]] = {}
    for name, rows in past.fields.items():
        for record, at, value in rows:
            mine = found.get(record)
            if mine is None:
                mine = found[record] = defaultdict(list)
            mine[name].append((at, value))
    return found


def _events(record: str, news: Mapping[str, Sequence[Event]], seen: int) -> Iterable[Row]:
    return (
        {"record_id": record, "kind": kind, "subject": event.subject, "at": event.at, "began": event.at}
        for kind, some in news.items()
        for event in some
        if event.at >= seen
    )


def _change(record: str, name: str, at: int, value: Any) -> Row:
    return {
        "record_id": record, "field": name, "at": at, "ordinal": 0, "value": value, "source": "crm", "seen_at": None,
    }  # fmt: skip
