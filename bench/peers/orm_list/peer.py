"""The stalled list as it is written first: FastAPI, SQLAlchemy's ORM, pydantic models, a session for each request.

    python -m bench.peers.orm_list.peer DATABASE_URL

It reads the same rows in the same order from the same table, with the deal, its owner and its alerts, and counts up to
10,000 of them; whoever asks shows a token that is looked up. It says nothing of why a deal is late, which would cost
it more. Says its port, and serves until it is ended. It runs in our own environment: its libraries are ours.
"""

import socket
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload, sessionmaker

LATE = ("open", "snoozed", "claimed", "backlog")


class Base(DeclarativeBase):
    """The tables that it reads."""


class Person(Base):
    __tablename__ = "people"
    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    email: Mapped[str | None]


class Alert(Base):
    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("deals.id"))
    rule_id: Mapped[str]
    severity: Mapped[str]
    state: Mapped[str]
    anchor: Mapped[int | None]
    breach_at: Mapped[int | None]
    breached_at: Mapped[int | None]


class Deal(Base):
    __tablename__ = "deals"
    id: Mapped[str] = mapped_column(primary_key=True)
    object: Mapped[str]
    name: Mapped[str | None]
    connection: Mapped[str]
    owner: Mapped[str | None] = mapped_column(ForeignKey("people.id"))
    team: Mapped[str | None]
    pipeline: Mapped[str | None]
    stage: Mapped[str | None]
    amount: Mapped[int | None]
    close_date: Mapped[int | None]
    url: Mapped[str | None]
    person: Mapped[Person | None] = relationship()
    alerts: Mapped[list[Alert]] = relationship(
        primaryjoin=lambda: (Alert.record_id == Deal.id) & Alert.state.in_(LATE) & Alert.breached_at.is_not(None)
    )


class Stalled(Base):
    __tablename__ = "stalled"
    record_id: Mapped[str] = mapped_column(ForeignKey("deals.id"), primary_key=True)
    shelf: Mapped[str]
    owner: Mapped[str | None]
    team: Mapped[str | None]
    stage: Mapped[str | None]
    rank: Mapped[int]
    breach_at: Mapped[int]
    deal: Mapped[Deal] = relationship()


class Token(Base):
    __tablename__ = "tokens"
    id: Mapped[str] = mapped_column(primary_key=True)


class PersonOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str | None
    email: str | None


class Reason(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    rule_id: str
    severity: str
    state: str
    anchor: int | None
    breach_at: int | None


class DealOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: str
    object: str
    name: str | None
    connection: str
    owner: str | None
    team: str | None
    pipeline: str | None
    stage: str | None
    amount: int | None
    close_date: int | None
    url: str | None
    person: PersonOut | None
    alerts: list[Reason]


class Item(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    breach_at: int
    deal: DealOut


class Listing(BaseModel):
    items: list[Item]
    total: int


def application(url: str) -> FastAPI:
    """The application over a database."""
    app, sessions = FastAPI(), sessionmaker(create_engine(url, pool_size=16, max_overflow=24))

    def session() -> Iterator[Session]:
        with sessions() as one:
            yield one

    def admitted(request: Request, db: Annotated[Session, Depends(session)]) -> Any:
        if "authorization" not in request.headers or db.scalar(select(Token).limit(1)) is None:
            raise HTTPException(401)

    @app.get("/v1/deals/stalled", dependencies=[Depends(admitted)])
    def stalled(
        db: Annotated[Session, Depends(session)],
        team: str | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> Listing:
        wanted = select(Stalled).where(Stalled.shelf == "deal")
        if team is not None:
            wanted = wanted.where(Stalled.team == team)
        beside = selectinload(Stalled.deal)
        page = wanted.order_by(Stalled.rank, Stalled.record_id).limit(limit)
        rows = db.scalars(page.options(beside.selectinload(Deal.person), beside.selectinload(Deal.alerts))).all()
        total = db.scalar(select(func.count()).select_from(wanted.limit(10_001).subquery())) or 0
        return Listing(items=[Item.model_validate(row) for row in rows], total=total)

    return app


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(application(sys.argv[1]), http="h11", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
