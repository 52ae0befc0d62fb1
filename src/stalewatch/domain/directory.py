"""Everybody who can be told something: the people of the CRM with what `people:` adds, and the channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can be told, as the CRM and `people:` together know them.

    Attributes:
        key: what records and `manager` refer to them by.
        alias: their id at the notifier (a Slack user id), from `people:`.
        by_mail: they are told by e-mail first, as `people:` says.
        zone: IANA name; language "en" or "ja"; None = the project's.
    """

    key: str
    name: str
    email: str | None = None
    active: bool = True
    manager: str | None = None
    team: str | None = None
    zone: str | None = None
    language: str | None = None
    alias: str | None = None
    by_mail: bool = False

    @property
    def target(self) -> str:
        """`person:<address, or name where there is none>`: who it is, in message keys and deliveries."""
        return f"person:{self.email or self.name or self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Everybody and every channel that can be told.

    Attributes:
        people: by key.
        channels: team -> its channel, with its "#".
        names_suffice: True where a person without an address can be told by name (the console).
        by_email: whether e-mail can be sent at all.
        mail_first: whether everybody with an address is told by e-mail first: there is no messenger.
    """

    people: Mapping[str, Person] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    operator_channel: str | None = None
    operator_email: str | None = None
    names_suffice: bool = False
    by_email: bool = False
    mail_first: bool = False
