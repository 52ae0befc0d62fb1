"""What a `type: salesforce` connection may say, read once and checked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch.sdk.errors import ConfigurationError
from stalewatch_salesforce.hosts import Hosts
from stalewatch_salesforce.mapping import DealMap, LeadMap, read_deal_map, read_lead_map
from stalewatch_salesforce.section import Section

_KEYS: Final = frozenset({
    "id", "type", "every", "auth", "writeback", "map", "partner_deals", "own_domains", "allow_custom_host",
    "quota_ceiling", "currency", "count_automatic_replies", "count_called_off_meetings",
    "lost_stage",
})  # fmt: skip
REFRESH: Final = "refresh_token"
_FLOWS: Final[Mapping[str, tuple[str, ...]]] = {
    "client_credentials": ("client_id", "client_secret"),
    "jwt": ("client_id", "username", "private_key_file"),
    REFRESH: ("client_id", "refresh_token"),
}
_AUTH_KEYS: Final = frozenset({
    "flow", "login_url", "client_id", "client_secret", "username", "private_key_file", "private_key", "audience",
    "allow_custom_host", "refresh_token",
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """How to log in.

    Attributes:
        client_secret: may be "" with a refresh token of an app that has none.
        refresh_token: that the operator was given; what replaced it since is in the vault.
        audience: of a JWT: https://login.salesforce.com, or test.salesforce.com for sandboxes.
    """

    flow: str
    login_url: str
    client_id: str
    client_secret: str
    refresh_token: str
    username: str
    private_key: Path | str
    audience: str

    def __repr__(self) -> str:
        return f"Auth({self.flow} at {self.login_url})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """One connection's options.

    Attributes:
        currency: of an org that knows only one; else every record says its own.
        partner: what makes an opportunity a partner deal: every field has one of these values. Empty: none is.
        own_domains: of our own mail addresses; empty means "those of the users".
        counts_automatic: automatic replies and the traffic of calendars count as actions of the customer.
        counts_called_off: meetings that everybody declined, or that are marked as cancelled, count as planned.
        quota_ceiling: share of the daily quota above which work that can wait has to.
        lost_stage: to which lost deals go, where the org has several; "": its usual one. writes: anything at all.
    """

    auth: Auth
    hosts: Hosts
    deal: DealMap
    lead: LeadMap
    partner: Mapping[str, Collection[str]]
    own_domains: frozenset[str]
    counts_automatic: bool
    counts_called_off: bool
    quota_ceiling: float
    currency: str
    lost_stage: str
    writes: bool


def read_options(settings: ConnectionSettings) -> Options:
    """Read and check a connection's options.

    Raises:
        ConfigurationError: naming the key that cannot be used.
    """
    section = Section(settings.options, f"connection {settings.id}")
    section.only(_KEYS)
    auth = section.inner("auth")
    auth.only(_AUTH_KEYS)
    words = section.inner("map")
    words.only({"deal", "lead"})
    ways = _auth(auth, settings.base)
    allow = section.flag("allow_custom_host") or auth.flag("allow_custom_host")
    return Options(
        auth=ways,
        hosts=Hosts(ways.login_url, allow_custom=allow),
        deal=read_deal_map(words.inner("deal"), settings.catalogue),
        lead=read_lead_map(words.inner("lead"), settings.catalogue),
        partner={name: frozenset(values) for name, values in section.inner("partner_deals").lists().items()},
        own_domains=frozenset(one.casefold().lstrip("@") for one in section.listed("own_domains")),
        counts_automatic=section.flag("count_automatic_replies"),
        counts_called_off=section.flag("count_called_off_meetings"),
        quota_ceiling=section.share("quota_ceiling", 0.8),
        currency=section.text("currency", settings.currency),
        lost_stage=section.text("lost_stage"),
        writes=section.text("writeback", "none") != "none",
    )


def _auth(section: Section, base: Path) -> Auth:
    flow = section.text("flow")
    if flow not in _FLOWS:
        raise ConfigurationError(
            f"no such flow: {flow or 'none given'}",
            where=f"{section.where}, flow",
            cure=f"Use one of: {', '.join(_FLOWS)}. Salesforce has retired logins by password.",
        )
    for name in ("login_url", *_FLOWS[flow]):
        if not section.text(name) and not (name == "private_key_file" and section.text("private_key")):
            raise ConfigurationError(f"{name} is missing", where=section.where, cure=f"{flow} needs it.")
    login_url = section.text("login_url").rstrip("/")
    if not urlsplit(login_url).hostname:
        raise ConfigurationError("login_url is no address", where=section.where, cure="https://acme.my.salesforce.com")
    file = section.text("private_key_file")
    return Auth(
        flow=flow,
        login_url=login_url,
        client_id=section.text("client_id"),
        client_secret=section.text("client_secret"),
        refresh_token=section.text("refresh_token").strip(),
        username=section.text("username"),
        private_key=base / file if file else section.text("private_key"),
        audience=section.text("audience") or _audience(login_url),
    )


def _audience(login_url: str) -> str:
    host = urlsplit(login_url).hostname or ""
    is_test = host == "test.salesforce.com" or ".sandbox.my." in host
    return "https://test.salesforce.com" if is_test else "https://login.salesforce.com"
