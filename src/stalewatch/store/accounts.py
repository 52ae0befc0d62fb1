"""What each account of a CRM allows: permits for calls, rests that it asked for, and what it told of its quota.

A limit of N calls in any span is N permits, of which each is good again one span after it was last used: so there can
never be more, whoever claims them, and a call costs one statement, which takes any that is free. Spans are measured by
the database's clock, the only one that all who call have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found
from stalewatch.store.expressions import database_now
from stalewatch.store.tables import accounts, connections, permits

_LONGEST: Final = 25 * 3_600_000_000
"""Microseconds beyond which no rest can reach: what seems to, was written before the clock was set back."""


def prepare(conn: Connection, account: str, limit: str, most: int) -> None:
    """Make the permits of a limit, and the account's row, where they are lacking."""
    bulk.insert(conn, accounts, [{"key": account}])
    bulk.insert(conn, permits, [{"account": account, "limit": limit, "slot": slot} for slot in range(most)])


def claim(conn: Connection, account: str, limit: str, *, most: int, span_us: int) -> bool:
    """Use a free permit; False if there is none, or the account rests, or it was not prepared."""
    given = {"whose": account, "which": limit, "most": most, "span": span_us}
    return conn.execute(_claiming(), given).first() is not None


@cache
def _claiming() -> sa.Executable:
    """Built once: putting the statement together costs more than running it."""
    c, now = permits.c, database_now()
    span = sa.bindparam("span", type_=sa.BigInteger())
    # what was used in the future was used before the clock was set back
    is_free = sa.or_(c.used_at <= now - span, c.used_at > now + span)
    rests = sa.exists().where(accounts.c.key == sa.bindparam("whose"), *_resting(now))
    mine = (c.account == sa.bindparam("whose"), c.limit == sa.bindparam("which"))
    pick = sa.select(c.slot).where(*mine, c.slot < sa.bindparam("most", type_=sa.Integer()), is_free, ~rests)
    # A CTE is evaluated once; a plain IN (SELECT … LIMIT) may be evaluated again and take more than one.
    picked = pick.order_by(c.used_at).limit(1).with_for_update(skip_locked=True, of=permits).cte("picked")
    return sa.update(permits).where(*mine, c.slot.in_(sa.select(picked.c.slot))).values(used_at=now).returning(c.slot)


def _resting(now: sa.ColumnElement[int]) -> tuple[sa.ColumnElement[bool], ...]:
    return accounts.c.rests_until > now, accounts.c.rests_until <= now + _LONGEST


def is_prepared(conn: Connection, account: str, limit: str, most: int) -> bool:
    """Whether every permit of a limit is there."""
    mine = (permits.c.account == account, permits.c.limit == limit, permits.c.slot < most)
    return conn.execute(sa.select(sa.func.count()).select_from(permits).where(*mine)).scalar_one() == most


def next_free(conn: Connection, account: str, limit: str, *, most: int, span_us: int) -> int:
    """Microseconds until a permit is good again; 0 or less if one is."""
    mine = (permits.c.account == account, permits.c.limit == limit, permits.c.slot < most)
    left = sa.func.min(permits.c.used_at) + span_us - database_now()
    return conn.execute(sa.select(left).where(*mine)).scalar_one() or 0


def resting(conn: Connection, account: str) -> tuple[int, str] | None:
    """Microseconds that an account still rests, and why; None if it may be called."""
    left = accounts.c.rests_until - database_now()
    row = conn.execute(
        sa.select(left, accounts.c.why).where(accounts.c.key == account, *_resting(database_now()))
    ).one_or_none()
    return None if row is None else (row[0], row[1] or "")


def rest(conn: Connection, account: str, us: int, why: str) -> None:
    """Let an account rest for so many microseconds; a longer rest stays."""
    bulk.insert(conn, accounts, [{"key": account}])
    until, now = database_now() + us, database_now()
    shorter = sa.or_(accounts.c.rests_until < until, accounts.c.rests_until > now + _LONGEST)
    new = {"rests_until": until, "why": why}
    conn.execute(sa.update(accounts).where(accounts.c.key == account, shorter).values(new))


def hear(conn: Connection, account: str, usages: Mapping[str, Any], connection: str) -> None:
    """Note what an account told of its quotas, and that this connection is one of its."""
    bulk.insert(conn, accounts, [{"key": account}])
    told = {"usages": dict(usages), "heard_at": database_now()}
    conn.execute(sa.update(accounts).where(accounts.c.key == account).values(told))
    other = (connections.c.id == connection, connections.c.account.is_distinct_from(account))
    conn.execute(sa.update(connections).where(*other).values(account=account))


def quota(conn: Connection, account: str) -> tuple[Mapping[str, Any], int] | None:
    """What an account told last of its quotas, and how many microseconds ago; None if it never did."""
    age = database_now() - accounts.c.heard_at
    told = sa.select(accounts.c.usages, age).where(accounts.c.key == account, accounts.c.usages.is_not(None))
    row = conn.execute(told).one_or_none()
    return None if row is None else (row[0], row[1])


def quotas(conn: Connection) -> list[Found]:
    """Per connection (`id`) whose account told of its quotas: `account`, `usages` and `heard_at`, by id."""
    told = sa.select(connections.c.id, accounts.c.key.label("account"), accounts.c.usages, accounts.c.heard_at)
    joined = told.join(accounts, accounts.c.key == connections.c.account).where(accounts.c.usages.is_not(None))
    return list(conn.execute(joined.order_by(connections.c.id)))
