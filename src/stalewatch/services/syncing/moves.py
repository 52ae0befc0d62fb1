"""What follows from the past of stage, amount and close date: fields, the past of those fields, and events."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from stalewatch.domain import movements
from stalewatch.domain.movements import Event, Runs, Visit
from stalewatch.services.judging.standing import Standing, Written, judged_by, read
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import changes, events, records
from stalewatch.store.engine import Connection
from stalewatch.store.pasts import Past, Pasts, Told

Row = dict[str, Any]

_MOVING: Final = frozenset({"stage", "pipeline", "amount", "close_date", "proposal_sent_at"})
"""Fields whose past tells when a deal moved and how."""
_FIELDS: Final = ("stage_entered_at", "previous_amount", "close_date_pushes")
"""Fields that follow from it."""
_PRESENT: Final = ("stage", "created_at", "closed_at", "first_seen_at")
_EVENTS: Final = ("close_date_pushed", "stage_regressed", "amount_decreased", "proposal_sent")


def columns(book: Rulebook, obj: str) -> list[str]:
    """What has to be known of the deals of a page once they are written: for `derive`, and to judge them."""
    return [*_PRESENT, *_FIELDS, *judged_by(book, obj)]


def derive(
    conn: Connection, book: Rulebook, obj: str, ids: Collection[str], written: Written | None = None,
    pasts: Pasts | None = None,
) -> Standing:  # fmt: skip
    """Write what the past of these deals says; return how they stand then.

    Events from before we first saw the record start no clock: nobody could have been told in time.

    Args:
        written: `columns` of deals that the caller's transaction has written.
        pasts: what it has read of their past, and keeps up.
    """
    order = book.rules.catalogue.objects[obj]["stage"].values
    kept = book.needs[obj].history & frozenset(_FIELDS)
    standing = read(conn, book, obj, ids, (*_PRESENT, *_FIELDS), kept | _MOVING, written, pasts)
    present, past = standing.table or {}, standing.past
    rows: list[Row] = []
    found: list[Row] = []
    history: dict[str, list[Row]] = {}
    for place, (record, stage, created, closed, seen, *known) in enumerate(
        zip(*(present[name] for name in ("id", *_PRESENT, *_FIELDS)), strict=True)
    ):
        mine = past.records[record]
        if _MOVING.isdisjoint(mine):
            continue
        moves = _Moves(mine, closed)
        told = moves.fields(stage, known[0])
        if told != known:
            rows.append({"id": record, **dict(zip(_FIELDS, told, strict=True))})
            for name, value in zip(_FIELDS, told, strict=True):
                present[name][place] = value
        found += [_event(record, kind, one) for kind, one in moves.events(order) if one.at >= seen]
        says = {name: moves.past(name, created or 0) for name in kept}
        otherwise = [name for name in kept if says[name] != mine.get(name, []) or (record, name) in past.noticed]
        if otherwise:
            history[record] = [_change(record, name, at, value) for name in kept for at, value in says[name]]
    records.update(conn, obj, rows)
    events.replace(conn, ids, _EVENTS, found)
    _rewrite(conn, past, kept, history, pasts)
    return standing


def _rewrite(
    conn: Connection, past: Past, kept: Collection[str], history: Mapping[str, Sequence[Row]], pasts: Pasts | None
) -> None:
    """Store the past of these fields of the deals of which it is another one, and have it in `past` as it is then."""
    if not history:
        return
    known = Pasts(conn, kept) if pasts is None else pasts
    rows = [row for mine in history.values() for row in mine]
    changes.replace_history(conn, history.keys(), kept, rows, pasts=known)
    now = known.past(history.keys(), kept)
    for record, told in now.records.items():
        others = {name: mine for name, mine in past.records[record].items() if name not in kept}
        past.records[record] = {**others, **told}


class _Moves:
    """How one deal moved."""

    __slots__ = ("_amounts", "_closed_at", "_pushes", "_sent", "_visits")

    def __init__(self, past: Told, closed_at: int | None) -> None:
        self._amounts = past.get("amount", ())
        self._sent = past.get("proposal_sent_at", ())
        self._closed_at = closed_at
        self._visits = _visits(past.get("stage", ()), past.get("pipeline", ()))
        dates = past.get("close_date", ())
        self._pushes = movements.close_date_pushes(dates, closed_at) if len(dates) > 1 else []

    def fields(self, stage: str | None, entered: int | None) -> list[float | None]:
        """The `_FIELDS` now; `entered` is what the CRM itself says of the present stage, used where its past does
        not."""
        since = movements.stage_entered_at(self._visits, stage) or entered
        return [since, movements.previous_amount(self._amounts, since), len(self._pushes)]

    def past(self, name: str, created: int) -> Sequence[tuple[int, float | None]]:
        """When one of the fields changed: with every stage entered, with every push."""
        match name:
            case "stage_entered_at":
                return [(run.at, run.at) for run in self._visits]
            case "previous_amount":
                return [(run.at, movements.previous_amount(self._amounts, run.at)) for run in self._visits]
            case _:
                none_yet = [(min(created, self._pushes[0].at - 1), 0)] if self._pushes else []
                return none_yet + [(push.at, count) for count, push in enumerate(self._pushes, start=1)]

    def events(self, order: Sequence[str]) -> Iterator[tuple[str, Event]]:
        """The events that `each` rules follow, by kind; `order` is that of the stages."""
        for push in self._pushes:
            yield "close_date_pushed", push
        if len(self._visits) > 1:
            for back in movements.stage_regressions(self._visits, order):
                yield "stage_regressed", back
        if len(self._amounts) > 1:
            for less in movements.amount_decreases(self._amounts, self._closed_at):
                yield "amount_decreased", less
        for sent in movements.proposals_sent(self._sent, self._visits):
            yield "proposal_sent", sent


def _visits(stages: Sequence[tuple[int, Any]], pipelines: Sequence[tuple[int, Any]]) -> Runs:
    """The entries of stages with the pipeline in force then, as far as the history tells pipelines; a CRM that says the
    same stage again and again says it once here."""
    ahead = [(at, value) for at, value in pipelines if value is not None]
    pipeline, passed = None, 0
    found = Runs()
    before = None
    for at, stage in stages:
        while passed < len(ahead) and ahead[passed][0] <= at:
            pipeline, passed = ahead[passed][1], passed + 1
        if stage is not None and (stage, pipeline) != before:
            before = stage, pipeline
            found.append(Visit(str(stage), at, pipeline))
    return found


def _event(record: str, kind: str, event: Event) -> Row:
    return {"record_id": record, "kind": kind, "subject": event.subject, "at": event.at, "began": event.at}


def _change(record: str, name: str, at: int, value: Any) -> Row:
    return {
        "record_id": record, "field": name, "at": at, "ordinal": 0, "value": value, "source": "crm", "seen_at": None,
    }  # fmt: skip
