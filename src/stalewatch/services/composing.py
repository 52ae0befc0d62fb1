"""Put a batch of notices into the words of its reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.operators import ConnectionFailed, News, StormHeld, Undelivered, compose_operator
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.instants import from_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import OPERATOR, Route, Target, after, ladders, route_for
from stalewatch.sdk.notifier import Message, Style
from stalewatch.services import blind
from stalewatch.services.announcing import BACKLOG
from stalewatch.services.choosing import Batch
from stalewatch.services.rulebook import Rulebook
from stalewatch.services.tellings import Teller
from stalewatch.store import connections, notices, records
from stalewatch.store.engine import Connection


@dataclass(frozen=True, slots=True)
class Composer:
    """Words messages.

    Attributes:
        language: overrides everybody's language ("en", "ja"); None: each person's own, else the project's.
    """

    book: Rulebook
    speaking: Speaking
    language: str | None = None

    def compose(
        self, conn: Connection, people: Directory, target: str, person: Person | None, batch: Batch,
        delivery_id: str, now: int,
    ) -> Message | None:  # fmt: skip
        """The message of a batch; None if it is not worth one (only things that settled)."""
        to = self._recipient(people, target, person)
        moment = from_us(now)
        if batch.style is Style.OPERATOR:
            news = self._news(conn, batch.notices)
            return compose_operator(news, delivery=delivery_id, recipient=to, now=moment, url=self.speaking.public_url)
        told = Teller(self.book, people, now, self._link("/deals/{id}")).tell(conn, batch.notices)
        if batch.style is Style.IMMEDIATE:
            mine = [told[row.key] for row in batch.notices if row.key in told]
            return compose_immediate(mine, delivery=delivery_id, recipient=to, now=moment) if mine else None
        fresh, backlog = _parted(batch.notices, told)
        open_before = notices.open_records(conn, target) - {telling.record for telling in fresh}
        return compose_digest(
            fresh, delivery=delivery_id, recipient=to, now=moment, still_open=len(open_before), backlog=backlog,
            list_url=self._link("/deals"),
        )  # fmt: skip

    def next_rung(self, conn: Connection, people: Directory, delivery_id: str, message: Message) -> Target:
        """Where a message goes whose destination is gone: the next rung for the first record it speaks of."""
        carried = notices.of_deliveries(conn, [delivery_id])
        ids = [row.record_id for row in carried if row.record_id]
        for obj in sorted(set(records.objects(conn, ids).values())):
            for record in records.read_by_ids(conn, obj, ids):
                route = route_for(self.speaking.routes, {**record._mapping, "watch": obj})
                for ladder in ladders(route, record.owner, people, team=record.team):
                    if any(rung.address == message.address for rung in ladder):
                        return after(ladder, message.address)
        ladder = ladders(Route(name=OPERATOR, to=(OPERATOR,)), None, people)[0]
        return after(ladder, message.address) if message.target == OPERATOR else ladder[0]

    def _recipient(self, people: Directory, target: str, person: Person | None) -> Recipient:
        plain = target.partition(":")[2] or target
        address = plain
        if person is not None:
            address = person.email or person.alias or person.name
        elif target == OPERATOR:
            address = people.operator_channel or OPERATOR
        return Recipient(
            target=target,
            address=address,
            key=person.key if person is not None else None,
            language=self.language or (person.language if person else None) or self.speaking.language,
            zone=(person.zone if person else None) or self.book.calendars.default.spec.zone,
        )

    def _link(self, path: str) -> str | None:
        return None if self.speaking.public_url is None else self.speaking.public_url.rstrip("/") + path

    def _news(self, conn: Connection, some: Sequence[Any]) -> list[News]:
        known: dict[str, Callable[[Any], News | None]] = {
            "storm": lambda row: StormHeld(
                row.n, sum(records.count(conn, obj, open_only=True) for obj in self.book.objects)
            ),
            "undelivered": lambda row: Undelivered(row.n),
            blind.UNFED: lambda row: blind.unfed(conn, self.book, row.kind.partition(":")[2]),
            blind.UNREADABLE: lambda row: blind.unreadable(conn, self.book, row.kind.partition(":")[2]),
        }
        found = [known.get(row.kind.partition(":")[0], lambda row: self._failure(conn, row))(row) for row in some]
        return [one for one in found if one is not None]

    def _failure(self, conn: Connection, row: Any) -> News:
        connection = row.kind.partition(":")[2]
        stored = connections.one(conn, connection)
        return ConnectionFailed(connection, (stored.last_error if stored else None) or "it cannot be read")


def _parted(some: Sequence[Any], told: dict[str, Telling]) -> tuple[list[Telling], list[Telling]]:
    """What is news, each alert with its latest word only, and what was late before anybody watched."""
    latest: dict[str, Telling] = {}
    backlog = []
    for row in sorted(some, key=lambda row: (row.created_at, row.edge_at)):
        if row.key not in told:
            continue
        if row.kind == BACKLOG:
            backlog.append(told[row.key])
        else:
            latest[row.alert_id] = told[row.key]
    return list(latest.values()), backlog
