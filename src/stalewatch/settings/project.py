"""What stalewatch.yaml says, checked and typed; sections that only other parts understand stay plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from stalewatch.domain.calendar_spec import Spec
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.hooks import Hook
from stalewatch.domain.language import nodes
from stalewatch.domain.language.model import Words
from stalewatch.domain.levels import Levels
from stalewatch.domain.policies import Judging, Speaking
from stalewatch.domain.retention import Retention
from stalewatch.domain.reviewing import Every, Posting
from stalewatch.domain.writebacks import Writeback

UNNAMED: Final = Spec("default", "UTC", 9 * 60, 18 * 60, frozenset(range(5)))
"""The calendar of a project without `calendars:`: Monday to Friday, 09:00-18:00 UTC, no holidays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connecting:
    """One entry of `connections:`. `options` are the keys that are the connector's own, secrets resolved.

    Attributes:
        map_at: the node of `map:`, for the check against the field catalogue.
    """

    id: str
    type: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    every: Duration = Duration(5, Unit.MINUTE)  # noqa: RUF009  # immutable
    writeback: Writeback = Writeback.NONE
    line: int = 0
    map_at: nodes.Mapping | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One row of `calendars.choose`: its calendar, and its condition as written (None: every record)."""

    calendar: str
    condition: nodes.Mapping | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarSpecs:
    """The calendars by name, and which record follows which; the last choice takes every record.

    Attributes:
        places: where each one stands.
    """

    specs: Mapping[str, Spec] = field(default_factory=lambda: {UNNAMED.name: UNNAMED})
    choose: tuple[Choice, ...] = (Choice(calendar=UNNAMED.name),)
    named: bool = False
    places: Mapping[str, nodes.Span] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`web:`; `public_url` is where people reach the dashboard.

    Attributes:
        rate_limit: requests a minute of one caller; 0: as many as they like.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str | None = None
    rate_limit: int = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Oidc:
    """`auth.oidc:`, the provider with which people sign in.

    Attributes:
        issuer: its address, exactly as it names itself.
        hd: domains of Google Workspace whose people may sign in; empty: any company's.
        allow_custom_host: it may be on this machine or in a private network.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    hd: frozenset[str] = frozenset()
    allow_custom_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningIn:
    """`auth:`, how people get into the dashboard.

    Attributes:
        oidc: with a provider; None: with an API token.
        with_tokens: an API token opens the dashboard also where there is a provider.
    """

    oidc: Oidc | None = None
    with_tokens: bool = False

    @property
    def takes_tokens(self) -> bool:
        """Whether somebody may sign in with an API token."""
        return self.oidc is None or self.with_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Linking:
    """`links:`, the links that people outside get.

    Attributes:
        company: who sends them, as customers and partners know the company; empty: pages do not name it.
        loss_check, partner: how long such a link is good.
    """

    company: Words = field(default_factory=dict)
    loss_check: Duration = Duration(30, Unit.DAY)  # noqa: RUF009  # immutable
    partner: Duration = Duration(365, Unit.DAY)  # noqa: RUF009


@dataclass(frozen=True, slots=True, kw_only=True)
class Beating:
    """`heartbeat:`, a sign of life to somebody outside.

    Attributes:
        url: is asked for once a minute; its path is a secret.
        allow_custom_host: it may be on this machine or in a private network, and do without TLS.
    """

    url: str = field(repr=False)
    allow_custom_host: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One project.

    Attributes:
        path: the configuration file; `base` is its folder, where relative paths start.
        source: its text as findings may quote it, without secrets.
        language: of what the program prints.
        rules: files and folders of rules; catalogue: files that add fields.
        escalations: ladders by name; None if the project has no such section.
        route_conditions: the `where` of every route as written, for the check against the field catalogue.
        modes_at: the node of `modes:`, for the check against the rules.
        notify: per notifier its options, secrets resolved.
        hooks: who is told of events.
        heartbeat: who is told every minute that all is well.
    """

    path: Path
    source: nodes.Source = field(repr=False)
    base: Path
    database: str = field(repr=False)
    language: str = "en"
    rules: tuple[Path, ...] = ()
    catalogue: tuple[Path, ...] = ()
    connections: tuple[Connecting, ...] = ()
    judging: Judging = field(default_factory=Judging)
    speaking: Speaking = field(default_factory=Speaking)
    calendars: CalendarSpecs = field(default_factory=CalendarSpecs)
    escalations: Mapping[str, Levels] | None = None
    route_conditions: tuple[nodes.Node, ...] = ()
    modes_at: nodes.Mapping | None = None
    web: Web = field(default_factory=Web)
    links: Linking = field(default_factory=Linking)
    retention: Retention = field(default_factory=Retention)
    hooks: tuple[Hook, ...] = ()
    heartbeat: Beating | None = None
    reviews: Mapping[Every, Posting] = field(default_factory=dict)
    notify: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    secrets: Mapping[str, Any] = field(default_factory=dict, repr=False)
    signing_in: SigningIn = field(default_factory=SigningIn)
