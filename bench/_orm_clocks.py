"""The peer of re-arming: what SQLAlchemy's ORM takes to store the same deadlines, one object per deal and rule."""

from __future__ import annotations

from statistics import median
from time import perf_counter

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from stalewatch.domain.entries import Entry
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store.engine import Database
from stalewatch.store.tables import clocks


class _Base(DeclarativeBase):
    pass


class _Deadline(_Base):
    """One clock of one deal, as anybody would map it."""

    __tablename__ = "bench_deadlines"
    record_id: Mapped[str] = mapped_column(primary_key=True)
    rule_id: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    anchor: Mapped[int | None] = mapped_column(sa.BigInteger)
    warn_at: Mapped[int | None] = mapped_column(sa.BigInteger)
    next_at: Mapped[int | None] = mapped_column(sa.BigInteger, index=True)


def seconds(db: Database, book: Rulebook, turns: int) -> float:
    """Median seconds of one commit in which every deadline that is stored has moved."""
    engine = sa.create_engine(db.url)
    _Base.metadata.create_all(engine)
    decode = msgspec.json.Decoder(list[Entry]).decode
    taken = []
    with Session(engine, expire_on_commit=False) as session:
        for record, text in session.execute(sa.select(clocks.c.record_id, clocks.c.entries)):
            session.add_all(_deadline(record, entry) for entry in decode(text) if entry.rule in book.by_id)
        session.commit()
        every = list(session.scalars(sa.select(_Deadline)))
        for _ in range(turns):
            for one in every:
                one.anchor, one.warn_at, one.next_at = (_moved(at) for at in (one.anchor, one.warn_at, one.next_at))
            began = perf_counter()
            session.commit()
            taken.append(perf_counter() - began)
    engine.dispose()
    return median(taken)


def _deadline(record: str, entry: Entry) -> _Deadline:
    return _Deadline(
        record_id=record, rule_id=entry.rule, subject=entry.subject or "", anchor=entry.anchor, warn_at=entry.warn_at,
        next_at=entry.breach_at,
    )  # fmt: skip


def _moved(at: int | None) -> int | None:
    return None if at is None else at + 1
