"""A company whose deals are late from the moment on in which somebody enters them, and a project that watches it.

What is to be told follows from what was entered, and what was told stands in the ledger of its Slack. Neither comes
out of our own database: it may be what is wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

import yaml

from stalewatch import wiring
from stalewatch.engine.queue import shipped_schema
from stalewatch.store.queue_schema import bring_up
from stalewatch.wiring.cycles import cycle_of
from stalewatch_sandbox.hubspot.company import Owner
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.slack.server import SlackServer

OWNERS: Final = tuple(f"seller{number}" for number in range(12))
"""Each is a destination of their own: whoever is killed leaves only a few of them waiting for a lease."""
FASTER: Final = 100
"""A second of Slack's limits is ten milliseconds: it is not what is tormented here."""
_BEFORE: Final = timedelta(days=30)
"""The rules went live so long ago: whatever is late is news."""
_LATE: Final = timedelta(days=10)
_NAME: Final = re.compile(r"Deal-\d{5}")
_RULES: Final = """
stalewatch: 1
pack: torment
rules:
  - id: late
    title: {en: Late, ja: 期限切れ}
    watch: deal
    start: close_date
    within: 24h
    severity: critical
"""


@dataclass(slots=True)
class Company:
    """The CRM, the Slack, and where the project lies.

    Attributes:
        meant: every deal that was entered, each to be told once.
    """

    folder: Path
    crm: HubSpotServer
    slack: SlackServer
    meant: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _lock: Lock = field(default_factory=Lock)

    @property
    def config(self) -> Path:
        """Its stalewatch.yaml."""
        return self.folder / "stalewatch.yaml"

    def enters(self, many: int) -> None:
        """Somebody enters so many deals that should have been closed ten days ago."""
        for number in (next(self._numbers) for _ in range(many)):
            name = f"Deal-{number:05}"
            with self._lock:
                self.meant.add(name)
            self.crm.portal.create("deals", {
                "dealname": name, "pipeline": "default", "dealstage": "appointmentscheduled",
                "closedate": datetime.now(UTC) - _LATE, "hubspot_owner_id": str(1 + number % len(OWNERS)),
            })  # fmt: skip

    def told(self) -> Counter[str]:
        """In how many messages each deal stands, also in those that were taken back."""
        heard: Counter[str] = Counter()
        for one in list(self.slack.workspace.ledger):
            if one.kind == "post":
                heard.update(set(_NAME.findall(f"{one.text}{one.blocks}")))
        return heard

    def has_heard_all(self) -> bool:
        """Whether each deal was told at least once."""
        return self.meant <= set(self.told())

    def watched(self, database: str) -> None:
        """Write the project and let its rules be in force since long ago; `database` is its URL."""
        (self.folder / "rules").mkdir()
        (self.folder / "rules" / "torment.yaml").write_text(_RULES, encoding="utf-8")
        self.reached(database, self.crm.url, self.slack.api_url)
        with closing(wiring.open_project(self.config, now=datetime.now(UTC) - _BEFORE)) as project:
            if not project.db.is_sqlite:
                bring_up(project.db, *shipped_schema())
            cycle_of(project).run(force=True)

    def reached(self, database: str, crm: str, slack: str) -> None:
        """Write where workers reach the database, the CRM and Slack's API: their own addresses, or those of proxies."""
        own = {"allow_custom_host": True}
        auth = {"auth": {"flow": "token", "token": self.crm.token}}
        limits = {"limits": {"searches": 1_000, "burst": 10_000}}
        settings = {
            "stalewatch": 1, "database": database, "rules": ["rules/"],
            "connections": [{"id": "crm", "type": "hubspot", "base_url": crm, **auth, **limits, **own}],
            "notify": {"slack": {"bot_token": self.slack.token, "base_url": slack, **own}},
            "defaults": {"language": "en", "rollout": "off"}, "modes": {"torment": "live"},
            "storm_guard": "off", "quiet": "off", "budget": {"immediate_per_day": 10_000},
            "routes": [{"name": "at once", "to": ["owner"], "style": "immediate"}],
        }  # fmt: skip
        self.config.touch(mode=0o600)
        self.config.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")


@contextmanager
def opened(folder: Path) -> Iterator[Company]:
    """A company behind two ports, with a folder for its project."""
    folder.mkdir(parents=True, exist_ok=True)
    clock = Clock(datetime.now(UTC))
    clock.run()
    with HubSpotServer(clock) as crm, SlackServer(clock, ticks=lambda: monotonic() * FASTER) as slack:
        crm.api.limits.allowance.burst = crm.api.limits.allowance.searches = None
        for number, name in enumerate(OWNERS):
            email = f"{name}@acme.example"
            slack.workspace.join(name.title(), email)
            crm.portal.add_owner(
                Owner(number=1 + number, user=91 + number, email=email, first_name="", last_name=name.title())
            )
        yield Company(folder, crm, slack)
