"""Links for people outside: made for one record, stored by their hash, good until they expire or are revoked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_hex
from typing import Any, Final

from stalewatch.services.answering.link_tokens import Purpose, Signer, digest
from stalewatch.store import audit, links, merges, records
from stalewatch.store.engine import Connection

PATHS: Final[Mapping[Purpose, str]] = {Purpose.LOSS_CHECK: "/l/", Purpose.PARTNER: "/p/"}


class Trouble(StrEnum):
    """Why a link opens nothing."""

    UNKNOWN = "unknown"  # not one of ours, or for something else
    ENDED = "ended"  # expired, revoked, or its deal does not ask any more


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link leads to: its row and the record as it is now, or why it leads nowhere."""

    link: Any = None
    record: Any = None
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLinks:
    """Makes links.

    Attributes:
        home: `web.public_url`, without a slash at its end.
        lives: how long a link of each purpose is good, in microseconds.
    """

    signer: Signer = field(repr=False)
    home: str
    lives: Mapping[Purpose, int]

    def make(
        self, conn: Connection, purpose: Purpose, record: Any, *, actor: str, now: int, identity: str | None = None,
        language: str = "en", partner: str | None = None,
    ) -> tuple[str, int]:  # fmt: skip
        """The address of a link, and when it expires; its making is noted in the audit log.

        Args:
            record: its stored row.
            identity: of the link; one that is there gives the same address again.
            language: in which its page greets.
            partner: whose link it is; another partner of the same deal needs another.
        """
        identity = identity or token_hex(8)
        known = links.by_id(conn, identity)
        if known is not None:
            return self._again(purpose, known), known.expires_at
        expires_at = now + self.lives[purpose]
        token = self.signer.mint(purpose, identity, expires_at)
        links.add(conn, {
            "id": identity, "purpose": purpose.value, "hash": digest(token), "record_id": record.id,
            "object": record.object, "language": language, "made_by": actor, "partner": partner,
            "made_at": now, "expires_at": expires_at,
        })  # fmt: skip
        audit.add(
            conn, at=now, actor=actor, action="link.make", obj=record.id,
            after={"link": identity, "purpose": purpose.value, "expires_at": expires_at},
        )  # fmt: skip
        return self.address(purpose, token), expires_at

    def address(self, purpose: Purpose, token: str) -> str:
        """Where a token leads."""
        return f"{self.home}{PATHS[purpose]}{token}"

    def _again(self, purpose: Purpose, row: Any) -> str:
        """The address of a link that is there, by whichever key it was made."""
        made = self.signer.minted(purpose, row.id, row.expires_at)
        token = next((one for one in made if digest(one) == row.hash), made[0])
        return self.address(purpose, token)


def opened(conn: Connection, signer: Signer | None, purpose: Purpose, token: str, now: int) -> Opened:
    """What a token leads to, if it is alive; asked without the database if it never was one of ours."""
    ends = None if signer is None else signer.ends(purpose, token)
    if ends is None:
        return Opened(trouble=Trouble.UNKNOWN)
    if ends <= now:
        return Opened(trouble=Trouble.ENDED)
    row = links.by_hash(conn, purpose.value, digest(token))
    if row is None:  # of a database that was put back to an earlier state
        return Opened(trouble=Trouble.UNKNOWN)
    heir = merges.known(conn, [row.record_id]).get(row.record_id, row.record_id)
    found = records.read_by_ids(conn, row.object, [heir])
    is_alive = row.revoked_at is None and bool(found) and found[0].gone_at is None
    return Opened(row, found[0]) if is_alive else Opened(trouble=Trouble.ENDED)


def revoke(conn: Connection, purpose: Purpose, record: str, *, actor: str, now: int) -> int:
    """End every link of this purpose about a record; returns how many were alive."""
    ended = links.revoke(conn, purpose.value, record, now)
    for link in ended:
        after = {"link": link, "purpose": purpose.value}
        audit.add(conn, at=now, actor=actor, action="link.revoke", obj=record, after=after)
    return len(ended)
