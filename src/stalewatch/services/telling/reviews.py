"""Reviews that are to be posted: their figures stand beside their notice, written with it, and are worded when sent."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from stalewatch.delivery.review_post import KIND, Posted
from stalewatch.sdk.notifier import Style
from stalewatch.store import facts, notices, outbox
from stalewatch.store.engine import Connection

_BEGINS: Final = f"{KIND}:"


def announce(conn: Connection, target: str, posted: Posted, now: int) -> bool:
    """Write that a review is to be posted to a target ("channel:#sales"); False if it was before, whoever did it."""
    key = _key(posted.every, posted.key, posted.team, target)
    row = {
        "key": key, "alert_id": None, "record_id": None, "rule_id": None, "kind": f"{KIND}:{posted.every}:{posted.key}",
        "n": 1, "target": target, "style": Style.OPERATOR.value, "state": notices.PENDING, "reason": None,
        "severity": "info", "not_before": now, "edge_at": now, "created_at": now,
    }  # fmt: skip
    if not notices.add(conn, [row]):
        return False
    facts.write(conn, key, msgspec.to_builtins(posted))
    outbox.call(conn, {target: now})
    return True


def is_announced(conn: Connection, every: str, key: str, team: str | None, target: str) -> bool:
    """Whether the review of a week or a month was announced to a target before."""
    named = _key(every, key, team, target)
    return named in notices.by_key(conn, [named])


def is_review(key: str) -> bool:
    """Whether a notice, or the message that it became, is a review: by its key."""
    return key.startswith(_BEGINS)


def posted(conn: Connection, notice: Any) -> Posted | None:
    """The figures of a review that is to be posted; None if they are gone."""
    kept = facts.read(conn, notice.key)
    return None if kept is None else msgspec.convert(kept, Posted)


def address_of(one: Posted, url: str | None) -> str | None:
    """Where the dashboard shows it."""
    if url is None:
        return None
    asked = {"period": one.every, "of": one.key, **({"team": one.team} if one.team else {})}
    return f"{url.rstrip('/')}/review?{urlencode(asked)}"


def _key(every: str, key: str, team: str | None, target: str) -> str:
    return f"{_BEGINS}{every}:{key}:{team or ''}:{target}"
