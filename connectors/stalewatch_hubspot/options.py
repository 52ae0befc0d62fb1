"""What a `type: hubspot` connection may say, read once and checked."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect
from stalewatch.sdk.mail import Machine
from stalewatch_hubspot.hosts import BASE_URL, Host, read_host
from stalewatch_hubspot.mapping import DealMap, LeadMap, read_deal_map, read_lead_map
from stalewatch_hubspot.section import Section

VERSION: Final = "2026-09"
"""The dated API that is spoken; nothing else in the package names one."""
END_OF_LIFE: Final = date(2028, 3, 1)
"""HubSpot supports a version for 18 months after the September or March in which it came."""

_KEYS: Final = (
    "id", "type", "every", "auth", "base_url", "writeback", "map", "partner_deals", "own_domains", "allow_custom_host",
    "limits", "quota_ceiling", "count_automatic_replies", "count_accepted_invitations", "lost_stage",
)  # fmt: skip
_FLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "token": ("token",), "oauth": ("client_id", "client_secret", "refresh_token"),
}  # fmt: skip
_COUNTING: Final = ("count_automatic_replies", "count_accepted_invitations")
_REVISION: Final = 4
"""Raised when the same portal would be read as other records; everything is then read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How to log in: a token that lasts, or an OAuth app with its refresh token."""

    flow: str
    token: str
    client_id: str
    client_secret: str
    refresh_token: str

    @property
    def is_renewable(self) -> bool:
        """Whether tokens end and are renewed."""
        return self.flow == "oauth"

    def __repr__(self) -> str:
        return f"Auth({self.flow})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One connection's options.

    Attributes:
        partner: what makes a deal a partner deal: every field has one of these values. Empty: none is.
        own_domains: of our own mail addresses; empty means "those of the owners".
        counted: mail that a machine wrote for a customer and that counts as the customer's action.
        lost_stage: to which lost deals go, by id or label, where a pipeline has several; "": its first one. writes:
            anything at all.
        searches: allowed in a second. burst: other calls, in ten.
        quota_ceiling: share of the day's calls above which work that can wait has to.
        digest: changes when the same portal would be read as other records.
    """

    auth: Auth
    host: Host
    deal: DealMap
    lead: LeadMap
    partner: Mapping[str, frozenset[str]]
    own_domains: frozenset[str]
    counted: frozenset[Machine]
    lost_stage: str
    writes: bool
    searches: float
    burst: float
    quota_ceiling: float
    digest: str


def read_options(settings: ConnectionSettings) -> Options:
    """Read and check a connection's options.

    Raises:
        ConfigurationError: naming the key that cannot be used.
    """
    section = Section(settings.options, f"connection {settings.id}")
    section.only(*_KEYS)
    words, limits = section.inner("map"), section.inner("limits")
    words.only("deal", "lead")
    limits.only("searches", "burst")
    return Options(
        auth=_auth(section.inner("auth")),
        host=_host(section),
        deal=read_deal_map(words.inner("deal"), settings.catalogue),
        lead=read_lead_map(words.inner("lead"), settings.catalogue),
        partner={name: frozenset(values) for name, values in section.inner("partner_deals").lists().items()},
        own_domains=frozenset(one.casefold().lstrip("@") for one in section.words("own_domains")),
        counted=_counted(section),
        lost_stage=section.text("lost_stage"),
        writes=section.text("writeback", "none") != "none",
        searches=limits.number("searches", 5),
        burst=limits.number("burst", 100),
        quota_ceiling=_share(section, "quota_ceiling", 0.8),
        digest=_digest(settings),
    )


def _auth(section: Section) -> Auth:
    section.only("flow", "token", "client_id", "client_secret", "refresh_token")
    flow = section.text("flow", "token")
    if flow not in _FLOWS:
        section.refuse("flow", f"no such flow: {flow}", f"Use one of: {', '.join(_FLOWS)}.")
    for name in _FLOWS[flow]:
        if not section.text(name).strip():
            section.refuse(name, "is missing", f"The flow {flow} needs it.")
    return Auth(
        flow=flow,
        token=section.text("token").strip(),
        client_id=section.text("client_id"),
        client_secret=section.text("client_secret"),
        refresh_token=section.text("refresh_token"),
    )


def _counted(section: Section) -> frozenset[Machine]:
    if section.flag("count_automatic_replies"):
        return frozenset({Machine.AWAY, Machine.ACCEPTED, Machine.CALENDAR})
    return frozenset({Machine.ACCEPTED} if section.flag("count_accepted_invitations") else ())


def _host(section: Section) -> Host:
    try:
        return read_host(section.text("base_url", BASE_URL), allow_custom=section.flag("allow_custom_host"))
    except NeedsReconnect as error:
        raise ConfigurationError(error.what, where=f"{section.where}, base_url", cure=error.cure) from error


def _share(section: Section, key: str, usual: float) -> float:
    share = section.number(key, usual)
    if share > 1:
        section.refuse(key, "must be a number between 0 and 1")
    return share


def _digest(settings: ConnectionSettings) -> str:
    told = {key: settings.options.get(key) for key in ("map", "partner_deals", "own_domains", "base_url")}
    told |= {key: settings.options[key] for key in _COUNTING if key in settings.options}
    reads = {name: sorted(fields) for name, fields in settings.reads.items()}
    text = json.dumps([_REVISION, told, settings.currency, settings.catalogue, reads], default=str, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
