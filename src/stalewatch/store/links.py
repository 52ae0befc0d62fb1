"""Links for people outside, and what they answer through them. Of a link only its hash is stored."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from stalewatch.store import bulk
from stalewatch.store.bulk import Found, Row
from stalewatch.store.expressions import among
from stalewatch.store.tables import links, loss_answers, partner_reports


def add(conn: Connection, row: Row) -> None:
    """Store a link by its hash."""
    conn.execute(sa.insert(links).values(**row))


def by_hash(conn: Connection, purpose: str, digest: str) -> Found | None:
    """The link of this purpose with this hash, dead or alive."""
    wanted = (links.c.hash == digest, links.c.purpose == purpose)
    return conn.execute(sa.select(links).where(*wanted)).one_or_none()


def by_id(conn: Connection, link_id: str) -> Found | None:
    """The link with this id, dead or alive."""
    return conn.execute(sa.select(links).where(links.c.id == link_id)).one_or_none()


def revoke(conn: Connection, purpose: str, record: str, at: int) -> list[str]:
    """End every link of this purpose about a record that is alive; returns their ids."""
    alive = (
        links.c.record_id == record, links.c.purpose == purpose, links.c.revoked_at.is_(None), links.c.expires_at > at,
    )  # fmt: skip
    ended = sa.update(links).where(*alive).values(revoked_at=at).returning(links.c.id)
    return sorted(conn.scalars(ended))


# ------------------------------------------------------------------------------------------ customers' answers


def answer(conn: Connection, link_id: str, *, held: bool = False) -> Found | None:
    """What was answered through a link; `held`: and nobody changes it until the transaction ends."""
    there = sa.select(loss_answers).where(loss_answers.c.link_id == link_id)
    return conn.execute(there.with_for_update() if held else there).one_or_none()


def spend(conn: Connection, row: Row) -> bool:
    """Store the first answer through a link; False if there was one before, also by a request at the same moment."""
    return bulk.insert(conn, loss_answers, [row]) == 1


def change(conn: Connection, link_id: str, answer: str, months: int | None, at: int, since: int) -> bool:
    """Put another answer in the place of one that was first given after `since`; False if it says so already, or
    was given earlier."""
    differs = sa.or_(loss_answers.c.answer != answer, loss_answers.c.months.is_distinct_from(months))
    there = (loss_answers.c.link_id == link_id, loss_answers.c.answered_at > since, differs)
    values = {"answer": answer, "months": months, "changed_at": at}
    return conn.execute(sa.update(loss_answers).where(*there).values(values)).rowcount == 1


def answered(conn: Connection, records: Collection[str]) -> dict[str, Found]:
    """By record the customer's latest word; records without one are missing."""
    found: dict[str, Found] = {}
    for chunk in bulk.chunks(sorted(records)):
        there = sa.select(loss_answers).where(among(conn, loss_answers.c.record_id, chunk))
        rows = conn.execute(there.order_by(loss_answers.c.changed_at, loss_answers.c.link_id))
        found.update((row.record_id, row) for row in rows)
    return found


# ------------------------------------------------------------------------------------------ partners' reports


def report(conn: Connection, row: Row) -> bool:
    """Store a partner's report; False if one with this id is there."""
    return bulk.insert(conn, partner_reports, [row]) == 1


def reports(conn: Connection, record: str) -> list[Found]:
    """What a partner reported of a deal, the oldest first."""
    there = sa.select(partner_reports).where(partner_reports.c.record_id == record)
    return list(conn.execute(there.order_by(partner_reports.c.at, partner_reports.c.id)))


def last_report(conn: Connection, record: str) -> Found | None:
    """The latest report of a deal."""
    there = sa.select(partner_reports).where(partner_reports.c.record_id == record)
    latest = there.order_by(partner_reports.c.at.desc(), partner_reports.c.id.desc()).limit(1)
    return conn.execute(latest).one_or_none()
