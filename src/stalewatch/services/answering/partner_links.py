"""Links by which a partner reports: one deal and one partner, good for long, as often as they like, until revoked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from stalewatch.services.answering.link_tokens import Purpose, Signer
from stalewatch.services.answering.partner_reports import OBJECT
from stalewatch.services.answering.public_links import Opened, PublicLinks, Trouble, opened
from stalewatch.store.engine import Connection


class NotForPartners(StrEnum):
    """Why no partner can report of a record."""

    NOT_FOUND = "not_found"
    NO_LINKS = "no_links"  # nobody could open one: no public address, or no secret key
    NO_PARTNER_DEAL = "no_partner_deal"  # a deal of our own, or a lead
    CLOSED = "closed"  # won, lost, or gone from its CRM


@dataclass(frozen=True, slots=True)
class PartnerLink:
    """A link that was made: the address, and when it expires (µs)."""

    address: str
    expires_at: int
    partner: str


def why_not(record: Any) -> NotForPartners | None:
    """Why no partner can report of a record; None if one can."""
    if record.object != OBJECT:
        return NotForPartners.NO_PARTNER_DEAL
    return None if record.is_open and record.gone_at is None else NotForPartners.CLOSED


def partner_of(record: Any) -> str:
    """Whose deal it is, as the CRM has it; "" if it does not say."""
    return str((record.fields or {}).get("partner") or "")


def make(conn: Connection, links: PublicLinks, record: Any, *, actor: str, now: int, language: str) -> PartnerLink:
    """A new link for the partner of a deal; those made before stay good."""
    partner = partner_of(record)
    address, expires_at = links.make(
        conn, Purpose.PARTNER, record, actor=actor, now=now, language=language, partner=partner
    )  # fmt: skip
    return PartnerLink(address, expires_at, partner)


def open_form(conn: Connection, signer: Signer | None, token: str, now: int) -> Opened:
    """What a partner's link leads to; it ends when the deal is closed, or is another partner's."""
    found = opened(conn, signer, Purpose.PARTNER, token, now)
    if found.trouble is not None:
        return found
    is_theirs = (found.link.partner or "") == partner_of(found.record)
    return found if is_theirs and why_not(found.record) is None else Opened(trouble=Trouble.ENDED)
