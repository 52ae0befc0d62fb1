"""What Slack knows of a member of the workspace: who it is, and the language and the time zone that they chose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stalewatch.delivery.catalogues import LANGUAGES
from stalewatch.delivery.slack.errors import Unseen

_MEMBER: Final = re.compile(r"[UW][A-Z0-9]{5,20}")
_UNFIT: Final = ("deleted", "is_bot", "is_stranger", "is_restricted", "is_ultra_restricted")


class Web(Protocol):
    """The one thing that is asked of Slack's Web API."""

    def call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Call a method; raises a NotifierError for everything that is no success."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account.

    Attributes:
        email: in lower case; None where there is none that was confirmed.
        is_fit: a person's, alive and a full member's: no bot, no guest, nobody of another company.
        language: one of ours; None if they read another.
        zone: IANA name; None if Slack has none that is known here.
        teams: ids of the workspace and of the organization that it belongs to.
    """

    id: str
    email: str | None
    is_fit: bool
    language: str | None
    zone: str | None
    teams: frozenset[str]


def member(slack: Web, user: str) -> Member:
    """The account with this id.

    Raises:
        Unseen: there is none.
        NotifierError: Slack could not be asked.
    """
    return _member(slack.call("users.info", user=user, include_locale="true").get("user") or {})


def at_address(slack: Web, address: str) -> Member | None:
    """The account of an e-mail address, or with an id; None if nobody has it.

    Raises:
        NotifierError: Slack could not be asked.
    """
    try:
        if _MEMBER.fullmatch(address):
            return member(slack, address)
        found = slack.call("users.lookupByEmail", email=address).get("user") or {}
        return member(slack, str(found.get("id") or ""))  # only this method tells the locale
    except Unseen:
        return None


def language_of(locale: object) -> str | None:
    """ "ja-JP" is Japanese, "en-GB" English; None for a language that we do not speak."""
    said = locale.replace("_", "-").partition("-")[0].lower() if isinstance(locale, str) else ""
    return said if said in LANGUAGES else None


def _member(user: Mapping[str, Any]) -> Member:
    profile, company = user.get("profile") or {}, user.get("enterprise_user") or {}
    address = str(profile.get("email") or "").strip().lower()
    is_fit = not any(user.get(name) for name in _UNFIT) and user.get("is_email_confirmed") is not False
    teams = (user.get("team_id"), company.get("enterprise_id"))
    return Member(
        id=str(user.get("id") or ""), email=address or None, is_fit=is_fit, language=language_of(user.get("locale")),
        zone=_zone(user.get("tz")), teams=frozenset(str(one) for one in teams if one),
    )  # fmt: skip


def _zone(name: object) -> str | None:
    """A zone that this machine knows, too."""
    if not isinstance(name, str) or not name:
        return None
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a name that is a folder, or too long for a file
        return None
