"""How each configured connection stands: read when, how old, why not, what it cannot tell, what it had to leave out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from stalewatch.domain.instants import from_us
from stalewatch.sdk.connector import Description, FieldInfo
from stalewatch.services.alerting import failing
from stalewatch.services.judging.sources import Sources, lacking
from stalewatch.services.rules.coverage import Judgeable, judgeable
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.store import accounts, connections, quarantine
from stalewatch.store.engine import Connection, Database


class State(StrEnum):
    """What is the matter with a connection; the first that holds, the worst first."""

    PARKED = "parked"  # set aside, because reading it ended its worker again and again
    NEEDS_PERSON = "needs_person"  # somebody has to mend it
    TOO_OLD = "too_old"  # nothing is judged by data of this age
    FAILING = "failing"  # it could not be read the last time, which may pass by itself
    NEVER_READ = "never_read"
    OK = "ok"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """What a connection does not tell of one kind of record.

    Attributes:
        fields: those that decide a rule and that nothing feeds. rules: those that cannot judge for want of them.
        lacking: scopes and permissions that would make the difference, by the CRM's own names.
    """

    fields: tuple[str, ...]
    rules: tuple[str, ...]
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """Calls of an account as the CRM told them last, at the instant `heard_at`, by all who call it together."""

    used: int
    allowed: int
    heard_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionState:
    """One connection. Instants are microseconds since 1970 UTC, ages microseconds; None where there is nothing yet.

    Attributes:
        data_age: since the data was read; most_age: from which it is too old to be judged by, None: never.
        error: why the last reading failed, in the CRM's words; failing_since: the first of the failures that go on.
        fed: per object, how many fields of the catalogue it feeds.
        judging, rules: how many of how many rules on its objects can judge.
        blind: per object, what it does not tell.
        left_out: rows that could not be used, by reason.
        quota: what its account told of its quotas, by the CRM's names for them; empty: it told nothing yet.
    """

    id: str
    type: str
    state: State
    last_sync_at: int | None = None
    data_at: int | None = None
    data_age: int | None = None
    most_age: int | None = None
    error: str | None = None
    failing_since: int | None = None
    fed: Mapping[str, int] = field(default_factory=dict)
    judging: int = 0
    rules: int = 0
    blind: Mapping[str, Blind] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    quota: Mapping[str, Quota] = field(default_factory=dict)


def states(db: Database, book: Rulebook, types: Mapping[str, str], ages: Sources, now: int) -> list[ConnectionState]:
    """Every configured connection, in the order of the configuration; nothing is asked of the CRM.

    Args:
        types: of the configured connections, by id. ages: from which their data is too old.
        now: microseconds since 1970 UTC.

    Raises:
        StoreError: the database cannot be asked.
    """
    with db.read() as conn:
        rows = {row.id: row for row in connections.read(conn)}
        left_out = {(row.connection, row.reason): row.many for row in quarantine.counts(conn)}
        quotas = {row.id: _quota(row) for row in accounts.quotas(conn)}
        found = [
            _state(conn, book, id_, type_, rows.get(id_), ages.get(id_), left_out, now) for id_, type_ in types.items()
        ]
    return [replace(one, quota=quotas.get(one.id, {})) for one in found]


def worst(db: Database, configured: Sequence[str], ages: Sources, now: int) -> dict[str, State]:
    """Only what is the matter with each configured connection: a few short queries, for a mark on every page.

    Args:
        ages: from which their data is too old. now: microseconds since 1970 UTC.
    """
    found = {}
    with db.read() as conn:
        rows = {row.id: row for row in connections.read(conn)}
        for id_ in configured:
            row = rows.get(id_)
            age = None if row is None or row.data_at is None else max(0, now - row.data_at)
            trouble = failing.failing(conn, id_)
            found[id_] = State.NEVER_READ if row is None else _worst(row, trouble, age, ages.get(id_))
    return found


def _quota(row: Any) -> dict[str, Quota]:
    return {
        name: Quota(used=int(used), allowed=int(allowed), heard_at=row.heard_at)
        for name, (used, allowed) in row.usages.items()
    }


def _state(
    conn: Connection, book: Rulebook, id_: str, type_: str, row: Any, most: int | None,
    left_out: Mapping[tuple[str, str], int], now: int,
) -> ConnectionState:  # fmt: skip
    reasons = {reason: many for (connection, reason), many in left_out.items() if connection == id_}
    if row is None:
        return ConnectionState(id=id_, type=type_, state=State.NEVER_READ, most_age=most, left_out=reasons)
    trouble = failing.failing(conn, id_)
    age = None if row.data_at is None else max(0, now - row.data_at)
    coverage = row.coverage or {}
    found = _judgeable(book, coverage, now)
    return ConnectionState(
        id=id_,
        type=type_,
        state=_worst(row, trouble, age, most),
        last_sync_at=row.last_sync_at,
        data_at=row.data_at,
        data_age=age,
        most_age=most,
        error=row.last_error,
        failing_since=None if trouble is None else trouble.since,
        fed={name: len(fields) for name, fields in coverage.items()},
        judging=found.judging,
        rules=found.rules,
        blind=dict(_blind(book, found.missing, lacking(conn, id_))),
        left_out=reasons,
    )


def _worst(row: Any, trouble: failing.Failing | None, age: int | None, most: int | None) -> State:
    if row.parked_at is not None:
        return State.PARKED
    if trouble is not None and trouble.needs_person:
        return State.NEEDS_PERSON
    if age is not None and most is not None and age > most:
        return State.TOO_OLD
    if trouble is not None or row.last_error:
        return State.FAILING
    return State.OK if row.first_sync_at is not None else State.NEVER_READ


def _judgeable(book: Rulebook, coverage: Mapping[str, Sequence[str]], now: int) -> Judgeable:
    fed = {name: [FieldInfo(ours=one, theirs="", type="") for one in fields] for name, fields in coverage.items()}
    return judgeable(book.rules, Description(fields=fed), from_us(now).date())


def _blind(
    book: Rulebook, missing: Mapping[str, Sequence[str]], told: Mapping[str, Mapping[str, Sequence[str]]]
) -> Iterator[tuple[str, Blind]]:
    watches = {rule.id: rule.watch for rule in book.rules.rules}
    for watch in dict.fromkeys(watches[rule] for rule in missing):
        rules = sorted(rule for rule in missing if watches[rule] == watch)
        fields = sorted({name for rule in rules for name in missing[rule]})
        scopes = told.get("lead" if watch == "lead" else "deal", {})
        names = tuple(dict.fromkeys(scope for name in fields for scope in scopes.get(name, ())))
        yield watch, Blind(fields=tuple(fields), rules=tuple(rules), lacking=names)
