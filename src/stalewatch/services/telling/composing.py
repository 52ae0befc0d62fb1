"""Put a batch of notices into the words of its reader."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from stalewatch.delivery.customers import with_answers
from stalewatch.delivery.digest import compose_digest
from stalewatch.delivery.immediate import compose_immediate
from stalewatch.delivery.news import ConnectionFailed, Doubted, GivenUp, News, ServiceDown, StormHeld, Undelivered
from stalewatch.delivery.operators import compose_operator
from stalewatch.delivery.review_post import compose_review
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.domain.alerts import Kind
from stalewatch.domain.deliveries import DeliveryState
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.instants import from_us
from stalewatch.domain.policies import Speaking
from stalewatch.domain.routing import (
    EVERYTHING_ELSE,
    MAIL,
    OPERATOR,
    OnUnknown,
    Route,
    Target,
    after,
    by_level,
    ladders,
    route_for,
)
from stalewatch.sdk.notifier import Message, Style
from stalewatch.services.alerting import blind, noisy, refused, standstill, trails
from stalewatch.services.alerting.announcing import BACKLOG
from stalewatch.services.alerting.route_facts import RouteFacts
from stalewatch.services.alerting.tellings import Teller
from stalewatch.services.judging.alert_rows import level_of
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.syncing.noticing import DOUBTED
from stalewatch.services.telling import hooking, outages, reviews, threads
from stalewatch.services.telling.choosing import Batch
from stalewatch.services.telling.hearing import heard
from stalewatch.store import alerts, connections, notices, outbox, records
from stalewatch.store.engine import Connection

DEAD: Final = DeliveryState.DEAD.value
PARKED: Final = DeliveryState.PARKED.value
"""States of which the operator hears, and the kinds of the notices that say so."""
_DIRECT: Final = ("person:", MAIL)


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
        if hooking.is_event(target):
            return hooking.composed(conn, batch.notices[0])
        to = self._recipient(people, target, person)
        moment = from_us(now)
        if reviews.is_review(batch.key):
            posted = reviews.posted(conn, batch.notices[0])
            url = None if posted is None else reviews.address_of(posted, self.speaking.public_url)
            return None if posted is None else compose_review(
                posted, delivery=delivery_id, recipient=to, now=moment, url=url
            )  # fmt: skip
        if batch.style is Style.OPERATOR:
            news = self._news(conn, batch.notices)
            kinds = {row.id: row.type for row in connections.read(conn)}
            return compose_operator(
                news, delivery=delivery_id, recipient=to, now=moment, url=self.speaking.public_url, kinds=kinds
            )
        told = Teller(self.book, people, now, self._link("/deals/{id}")).tell(conn, batch.notices)
        if batch.style is Style.IMMEDIATE:
            mine, _ = _parted(batch.notices, told)
            thread = threads.parent(conn, target, batch.notices)
            return (
                compose_immediate(mine, delivery=delivery_id, recipient=to, now=moment, thread=thread) if mine else None
            )
        fresh, backlog = _parted(batch.notices, told)
        open_before = notices.open_records(conn, target) - {telling.record for telling in fresh}
        list_url = self._link(_list_of(person, [*fresh, *backlog]))
        digest = compose_digest(
            fresh, delivery=delivery_id, recipient=to, now=moment, still_open=len(open_before), backlog=backlog,
            list_url=list_url, group_by=self._grouping(conn, batch.notices), since=_last_digest(conn, to),
            singles=batch.singles,
        )  # fmt: skip
        said = heard(conn, batch.notices, self._link("/deals/{id}"))
        return with_answers(digest, said, delivery=delivery_id, recipient=to, now=moment, list_url=list_url)

    def next_rung(self, conn: Connection, people: Directory, delivery_id: str, message: Message) -> Target:
        """Where a message goes whose destination is gone: the next rung for the first record it speaks of."""
        for route, record in self._routes(conn, notices.of_deliveries(conn, [delivery_id])):
            for ladder in ladders(route, record.owner, people, team=record.team):
                if any(rung.address == message.address for rung in ladder):
                    return after(ladder, message.address)
        ladder = ladders(Route(name=OPERATOR, to=(OPERATOR,)), None, people)[0]
        is_on_it = any(rung.address == message.address for rung in ladder)
        return after(ladder, message.address) if is_on_it else ladder[0]

    def resends(self, conn: Connection, delivery: Any) -> bool:
        """Whether a message whose fate nobody can look up is sent again: the routes of all that it carries say so.

        An operator would rather read twice that something is wrong than never; of a review nobody needs two.
        """
        if delivery.style == Style.OPERATOR:
            return not reviews.is_review(delivery.key)
        if not delivery.target.startswith(_DIRECT):
            return False
        routes = [route for route, _ in self._routes(conn, notices.of_deliveries(conn, [delivery.id]))]
        return bool(routes) and all(route.on_unknown is OnUnknown.RESEND for route in routes)

    def _grouping(self, conn: Connection, said: Sequence[Any]) -> tuple[str, ...]:
        """How a digest is grouped: as most of the routes want that what it tells came by."""
        if len({route.group_by for route in self.speaking.routes}) == 1:
            return self.speaking.routes[0].group_by
        wanted = Counter(route.group_by for route, _ in self._routes(conn, said))
        return wanted.most_common(1)[0][0] if wanted else EVERYTHING_ELSE.group_by

    def _routes(self, conn: Connection, said: Sequence[Any]) -> Iterator[tuple[Route, Any]]:
        """The route of everything that is to be told, with the record that it is about."""
        carried = [row for row in said if row.record_id]
        objects = records.objects(conn, [row.record_id for row in carried])
        found: dict[str, Any] = {}
        for obj in sorted(set(objects.values())):
            found |= {row.id: row for row in records.read_by_ids(conn, obj, list(objects))}
        facts = RouteFacts.read(conn, self.book, self.speaking, found.values())
        passed_on = alerts.by_id(conn, {row.alert_id for row in carried if row.kind == Kind.ESCALATE})
        for row in carried:
            if (record := found.get(row.record_id)) is not None:
                rule, level = row.rule_id or "", level_of(row, passed_on.get(row.alert_id))
                route = route_for(self.speaking.routes, facts.of(rule, self.book.by_id.get(rule), record))
                yield by_level(route, level), record

    def address_of(self, people: Directory, target: str, person: Person | None) -> str:
        """Where a target is reached first."""
        address = target.partition(":")[2] or target
        if person is not None:
            address = person.email or person.alias or person.name
        elif target == OPERATOR:
            address = people.operator_channel or OPERATOR
        return self.speaking.mail_of(target) or address

    def _recipient(self, people: Directory, target: str, person: Person | None) -> Recipient:
        return Recipient(
            target=target,
            address=self.address_of(people, target, person),
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
            DOUBTED: lambda row: Doubted(row.kind.partition(":")[2], row.n),
            standstill.IDLE: lambda row: standstill.news(conn, row),
            "undelivered": lambda row: Undelivered(row.n),
            outages.WORKSPACE: lambda row: _outage(conn, row),
            DEAD: lambda row: _given_up(conn),  # noqa: ARG005  # counted as it is now, whatever was counted then
            PARKED: lambda row: _given_up(conn),  # noqa: ARG005
            blind.UNFED: lambda row: blind.unfed(conn, self.book, row.kind.partition(":")[2], row.created_at),
            refused.REFUSED: lambda row: refused.news(conn),  # noqa: ARG005  # as it is now
            blind.UNREADABLE: lambda row: blind.unreadable(conn, self.book, row.kind.partition(":")[2], row.created_at),
            trails.ASIDE: lambda row: trails.news(conn, row),
            noisy.NOISY: lambda row: noisy.news(conn, self.book, row.kind.partition(":")[2], row.created_at),
        }
        found = [known.get(row.kind.partition(":")[0], lambda row: self._failure(conn, row))(row) for row in some]
        return [one for one in found if one is not None]

    def _failure(self, conn: Connection, row: Any) -> News:
        connection = row.kind.partition(":")[2]
        stored = connections.one(conn, connection)
        return ConnectionFailed(connection, (stored.last_error if stored else None) or "it cannot be read")


def _outage(conn: Connection, row: Any) -> News:
    service = row.kind.partition(":")[2]
    down = outages.since(conn, service)
    return ServiceDown(service, row.edge_at, row.n, None if down is None else down[1])


def _given_up(conn: Connection) -> News | None:
    many = outbox.stuck(conn)
    return GivenUp(many.get(DEAD, 0), many.get(PARKED, 0)) if many else None


def body_of(message: Message) -> dict[str, Any]:
    """A message as a delivery keeps it: the whole of it, and a hash that tells whether two say the same."""
    body = msgspec.to_builtins(message)
    return {"body": body, "text_hash": sha256(msgspec.json.encode(body)).hexdigest()}


def _last_digest(conn: Connection, to: Recipient) -> date | None:
    """The date of the last one before this, where they are."""
    sent = outbox.last_sent(conn, to.target, Style.DIGEST.value)
    return None if sent is None else from_us(sent).astimezone(ZoneInfo(to.zone)).date()


def _list_of(person: Person | None, told: Sequence[Telling]) -> str:
    """Where the dashboard shows what is stalled: somebody's own, in whichever CRM, if only of those is spoken."""
    if person is None or any(telling.owner != person.key for telling in told):
        return "/"
    return f"/stalled?owner={quote(person.email or person.key)}"


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
