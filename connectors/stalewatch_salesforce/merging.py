"""Contacts that became one: the loser goes into the bin and says whom it became."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from stalewatch_salesforce import ids
from stalewatch_salesforce.chains import Chain, Shape
from stalewatch_salesforce.evidence import Draft
from stalewatch_salesforce.rows import Row, Text
from stalewatch_salesforce.strides import Window

CONTACT: Final = "Contact"
_MOST: Final = 32
"""Merges of one person in a row; a longer line of them is a circle."""


class Contact(Row, kw_only=True):
    """A contact, as far as it is told apart from another."""

    MasterRecordId: Text = None


FIELDS: Final = ("Id", "MasterRecordId", "SystemModstamp")
WHERE: Final = ("IsDeleted = true", "MasterRecordId != null")
_SHAPE: Final = Shape(Contact, FIELDS)


def chain(since: datetime | None) -> Chain:
    """Contacts that were merged since then, or all that are still in the bin; an org may refuse to tell."""
    return Chain(object=CONTACT, shape=lambda: _SHAPE, where=WHERE, window=Window(since=since), is_optional=True)


def by_loser(rows: Iterable[Contact]) -> dict[str, str]:
    """Who became whom."""
    return {ids.whole(row.Id): ids.whole(row.MasterRecordId) for row in rows if row.MasterRecordId}


def is_since(row: Contact, moment: datetime) -> bool:
    """Whether it was merged after that; one without a stamp may have been."""
    return row.SystemModstamp is None or row.SystemModstamp >= moment


def survivor(contact: str, merged: Mapping[str, str]) -> str:
    """Who a contact is by now."""
    for _ in range(_MOST):
        heir = merged.get(contact)
        if heir is None:
            break
        contact = heir
    return contact


def renamed(draft: Draft, merged: Mapping[str, str]) -> Draft:
    """The same with everybody as who they are by now."""
    named = draft.activity.people | draft.contacts
    if not any(one in merged for one in named):
        return draft
    people = frozenset(survivor(one, merged) for one in draft.activity.people)
    contacts = frozenset(survivor(one, merged) for one in draft.contacts)
    return Draft(replace(draft.activity, people=people), contacts)


def known(contacts: frozenset[str], merged: Mapping[str, str]) -> frozenset[str]:
    """People as who they are by now."""
    return frozenset(survivor(ids.whole(one), merged) for one in contacts)
