"""Mails that are shown with blanks: HubSpot does that, too, where the token may not read them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from stalewatch_hubspot import queries
from stalewatch_hubspot.api import Api
from stalewatch_hubspot.errors import MissingScope
from stalewatch_hubspot.queries import DIRECTION, EMAILS
from stalewatch_hubspot.rows import Row

_TELLING: Final = (DIRECTION, "hs_email_subject", "hs_email_headers", "hs_email_from_email")
"""A mail of which none of these is shown tells nothing of who wrote it."""


def readable(api: Api, mails: Sequence[Row]) -> Sequence[Row]:
    """The same mails, those that were blank read again: what a token may read can change from call to call.

    Raises:
        MissingScope: all mails are shown with blanks, which is as good as refused.
    """
    blank = [row.id for row in mails if not any(map(row.get, _TELLING))]
    if not blank:
        return mails
    body = queries.search((), (DIRECTION,), "0") | {"limit": queries.BATCH}
    if not any(row.get(DIRECTION) for row in api.sample(EMAILS, body)):
        raise MissingScope((queries.SCOPES[EMAILS.name],))
    again = {row.id: row for row in api.read(EMAILS, blank, EMAILS.properties).rows}
    return [again.get(row.id, row) for row in mails]
