"""What reached nobody and waits for a person's word, with what it was about and for whom; and what is at a halt.

It is what `stalewatch work ls` lists, without what goes on by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from stalewatch.delivery.review_post import KIND as REVIEW
from stalewatch.domain.routing import UNDELIVERED
from stalewatch.services.alerting.announcing import CHECKING
from stalewatch.services.alerting.people import names_of
from stalewatch.services.reporting.pieces import Kind, Piece, of_delivery, of_notice, set_aside
from stalewatch.services.telling import outages
from stalewatch.store import people, records
from stalewatch.store import undelivered as store
from stalewatch.store.engine import Connection, Database
from stalewatch.store.visibility import Visible

MOST: Final = 200
"""Messages that are read at once."""
COUNTED: Final = 1_000
"""Of each kind of message no more than these are counted for a page's head."""
NAMED: Final = 3
"""Subjects of one message that are named; the others are counted."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a notice is about.

    Attributes:
        record: its id; name: "" if nobody knows it; owner: what its owner is called, "" likewise.
        kind: what the notice says ("breach", "warn", ...).
    """

    record: str
    object: str
    name: str
    owner: str
    rule: str
    kind: str


@dataclass(frozen=True, slots=True)
class Stray:
    """One message that reached nobody.

    Attributes:
        subjects: what it is about, at most `NAMED` of them; none: it is for the operator, or a review.
        more: how many subjects there are besides.
        reader: the name of whoever should have read it, "" if that is nobody we know by name.
        is_review: it is the review of a week or a month.
    """

    piece: Piece
    subjects: tuple[Subject, ...]
    more: int
    reader: str
    is_review: bool = False


@dataclass(frozen=True, slots=True)
class Halt:
    """Something that is set aside, or a service that is down (`service`) with as many destinations as wait for it."""

    piece: Piece
    service: str = ""
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class Undelivered:
    """Everything that reached nobody.

    Attributes:
        strays: up to `MOST` of them: what was given up first, then what is held, each the oldest first.
        ended: how many were given up ("dead") or are of unknown fate ("parked"); held: how many wait, by reason.
        under_way: messages that are not finished and go on by themselves.
    """

    strays: tuple[Stray, ...]
    ended: Mapping[str, int]
    held: Mapping[str, int]
    halts: tuple[Halt, ...]
    under_way: int

    @property
    def messages(self) -> int:
        """All of them, those that are not among `strays` included."""
        return sum(self.ended.values()) + sum(self.held.values())


def count(db: Database, *, visible: Visible | None) -> int:
    """How many messages reached nobody and how many things are at a halt; of each kind up to `COUNTED`.

    Args:
        visible: only messages about these records; None: all, and what is at a halt.
    """
    with db.read() as conn:
        return store.count(conn, visible=visible, but=CHECKING, most=COUNTED)


def undelivered(db: Database, *, visible: Visible | None) -> Undelivered:
    """What reached nobody as of now; `visible` as in `count`. Of a message about several only these are told."""
    with db.read() as conn:
        ended = store.stuck(conn, visible=visible, limit=MOST)
        held = store.held(conn, visible=visible, but=CHECKING, limit=MOST - len(ended))
        return Undelivered(
            strays=tuple(_strays(conn, ended, held, visible)),
            ended=store.stuck_by_state(conn, visible=visible),
            held=store.held_by_reason(conn, visible=visible, but=CHECKING),
            halts=tuple(_halts(conn)) if visible is None else (),
            under_way=store.under_way(conn) if visible is None else 0,
        )


def _strays(
    conn: Connection, ended: Sequence[Any], held: Sequence[Any], visible: Visible | None
) -> Iterator[Stray]:  # fmt: skip
    carried: dict[str, list[Any]] = {}
    for row in store.carried(conn, [one.id for one in ended], visible=visible):
        carried.setdefault(row.delivery_id, []).append(row)
    loads = [(of_delivery(row), carried[row.id]) for row in ended] + [(of_notice(row, ""), [row]) for row in held]
    known = _subjects(conn, {row.record_id for _, load in loads for row in _about(load)[:NAMED]})
    names = names_of(conn, {piece.target for piece, _ in loads})
    for piece, load in loads:
        about = _about(load)
        told = tuple(_subject(row, known) for row in about[:NAMED])
        is_review = any(row.kind.partition(":")[0] == REVIEW for row in load)
        yield Stray(piece, told, len(about) - len(told), _reader(piece, told, names), is_review)


def _about(load: Sequence[Any]) -> list[Any]:
    """The notices that are about a record."""
    return [row for row in load if row.record_id]


def _subject(row: Any, known: Mapping[str, Subject]) -> Subject:
    gone = Subject(row.record_id, "deal", "", "", "", "")
    return replace(known.get(row.record_id, gone), rule=row.rule_id or "", kind=row.kind)


def _reader(piece: Piece, subjects: Sequence[Subject], names: Mapping[str, str]) -> str:
    """Who should have read it; of what nobody could be found for that is the owner."""
    if piece.target == UNDELIVERED:
        return next((one.owner for one in subjects if one.owner), "")
    return names.get(piece.target, "")


def _subjects(conn: Connection, ids: Collection[str]) -> dict[str, Subject]:
    rows = [row for obj in ("deal", "lead") for row in records.read_by_ids(conn, obj, ids)]
    owners = people.by_id(conn, {row.owner for row in rows if row.owner})
    return {
        row.id: Subject(row.id, row.object, row.name or "", _name(owners.get(row.owner)), rule="", kind="")
        for row in rows
    }


def _name(person: Any) -> str:
    return "" if person is None else person.name or person.email or ""


def _halts(conn: Connection) -> Iterator[Halt]:
    """What is set aside; of the destinations of a service that is down one stands for all."""
    paused: dict[str, list[Piece]] = {}
    for piece in set_aside(conn):
        if piece.kind is Kind.DESTINATION and piece.state == "paused":
            paused.setdefault(piece.why, []).append(piece)
        else:
            yield Halt(piece)
    for reason, some in paused.items():
        service = reason.removeprefix(f"{outages.WORKSPACE}:")
        since, what = outages.since(conn, service) or (some[0].since, "")
        yield Halt(replace(some[0], since=since, why=what), service, len(some))
