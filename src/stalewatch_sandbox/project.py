"""A small project that watches a simulated company: stalewatch.yaml, and a rule file with the whole starter pack."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from string import Template
from typing import Any, Final
from zoneinfo import ZoneInfo

import yaml

from stalewatch_sandbox.company import Simulated
from stalewatch_sandbox.staff import Language

DEMO_AT: Final = datetime(2026, 4, 15, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
"""A Wednesday morning on which the digests go out."""
BEFORE: Final = timedelta(days=30)
"""The demo reads its data first as of so long ago, so that what it says in the end is news."""
_PLENTY: Final = 1_000
"""HubSpot calls that the project allows itself: more than its simulated portal can answer."""


def write_demo_project(folder: Path, company: Simulated, *, language: Language = "en", public_url: str = "") -> Path:
    """Write a whole project into a folder; returns its stalewatch.yaml.

    Args:
        company: whose CRMs are read and whose people are told; its secrets are in files beside the configuration.
        language: what the nudges speak.
        public_url: where the dashboard will be, so that messages lead there; "" if nowhere.

    Raises:
        OSError: the folder cannot be written to.
    """
    for name in ("rules", "secrets"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "rules" / "demo.yaml").write_text(_RULES, encoding="utf-8")
    config = folder / "stalewatch.yaml"
    web = _served(folder, public_url) if public_url else ""
    met = Template(_block({"connections": _connections(company), "notify": company.notify()}))
    secrets = {name: _kept(folder, name.lower(), value) for name, value in company.environment().items()}
    blocks = {"met": met.substitute(secrets), "web": web, "language": language}
    config.write_text(_CONFIG.format(**blocks), encoding="utf-8")
    return config


def _served(folder: Path, public_url: str) -> str:
    """Where the dashboard is, and what signs the links that customers get from there."""
    key = _kept(folder, "key", token_urlsafe(32))
    company = {"company": {"en": "Acme", "ja": "アクメ株式会社"}}
    return _block({"web": {"public_url": public_url}, "secrets": {"key": key}, "links": company})


def _connections(company: Simulated) -> list[dict[str, Any]]:
    limits = {"limits": {"searches": _PLENTY, "burst": _PLENTY}}
    return [one | limits if one["type"] == "hubspot" else one for one in company.connections()]


def _kept(folder: Path, name: str, secret: str) -> str:
    """Put a secret into a file of its own; returns what stands for it in stalewatch.yaml."""
    path = folder / "secrets" / name
    path.touch(mode=0o600)
    path.write_text(secret, encoding="utf-8")
    return f"file:secrets/{name}"


class _Plain(yaml.SafeDumper):
    """Writes out what stands in two places: stalewatch.yaml knows no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _block(value: dict[str, Any]) -> str:
    return yaml.dump(value, Dumper=_Plain, sort_keys=False, allow_unicode=True, width=118)


_RULES: Final = """\
# The rules of the demo: the whole starter pack. Add rules of your own below, or copy one with `use:`.
stalewatch: 1
pack: demo
include: [default]
"""

_CONFIG: Final = """\
# A demo: a company that does not exist; half of its deals are in a simulated Salesforce, half in a simulated HubSpot.
stalewatch: 1
database: ${{STALEWATCH_DATABASE_URL:-sqlite:///stalewatch.db}}
rules: [rules/]

{web}
# These servers are there as long as the demo runs; what they told stays in the database.
{met}
calendars:
  tokyo: {{tz: Asia/Tokyo, hours: "09:00-18:00", days: mon-fri, holidays: JP, closed: ["12-29..01-03", "08-13..08-15"]}}
  choose:
    - {{use: tokyo}}

defaults:
  language: {language}
  mode: shadow        # of new rules: they are counted, and nobody is told
  warn: 3bd
  keep_for: 2h
  reopen_within: 3bd
  snooze: {{max: 10bd, times: 2, reason: required}}
  rollout: {{grace: 5bd, max_new_alerts_per_owner: 5}}
  currency: JPY

modes: {{default: live, demo: live}}

storm_guard: off        # the demo lets a month pass at once; a real project keeps its guard

quiet:
  send_between: "09:00-18:30"
  days: calendar

budget:
  immediate_per_day: 3
  digests_per_day: 1
  escalations_per_manager_per_day: 5

routes:
  - name: critical
    where: {{severity: critical}}
    to: [owner]
    style: immediate
  - name: everything else
    to: [owner]
    style: digest
    digest: {{at: "09:00", group_by: [owner, deal]}}

escalations:
  standard:
    - {{after: 3bd, to: [owner], say: again}}
    - {{after: 5bd, to: [owner.manager], style: digest, stop: true}}
"""
