"""A small project that watches a made-up company: stalewatch.yaml, a rule file, and a folder of exported files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from stalewatch_sandbox.export import write_csv
from stalewatch_sandbox.pipeline import DEMO, Size, World, generate
from stalewatch_sandbox.staff import Language, Staff

DEMO_AT: Final = datetime(2026, 4, 15, 9, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
"""A Wednesday morning on which the digests go out."""
BEFORE: Final = timedelta(days=30)
"""The demo reads its data first as of so long ago, so that what it says in the end is news."""
EXPORTS: Final = "exports"
_WORLD: Final = ".world.json"

Told = Literal["en", "ja", "owner"]
"""Language of the nudges: one for all, or each rep's own."""


@dataclass(frozen=True, slots=True)
class DemoProject:
    """What was written.

    Attributes:
        config: the stalewatch.yaml.
        began_at: the moment as of which the files stand now.
        moment: the moment that the demo is about; `advance` moves the files there.
    """

    config: Path
    began_at: datetime
    moment: datetime


def write_demo_project(
    folder: Path, *, seed: int = 1, as_of: datetime = DEMO_AT, language: Told = "en", size: Size = DEMO
) -> DemoProject:
    """Write a whole project into a folder, its files as of 30 days before `as_of`.

    Args:
        as_of: the moment that the demo is about, with a time zone; a business morning at nine in Tokyo shows most.
        language: what the nudges speak. Most customers speak it too ("owner": Japanese).

    Raises:
        OSError: the folder cannot be written to.
        ValueError: if `as_of` has no time zone.
    """
    home: Language = "en" if language == "en" else "ja"
    world = generate(seed, size, as_of, home)
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    config = folder / "stalewatch.yaml"
    config.write_text(_CONFIG.format(language=language, people=_people(world.staff, language)), encoding="utf-8")
    (folder / "rules" / "demo.yaml").write_text(_RULES, encoding="utf-8")
    exports = folder / EXPORTS
    write_csv(world, exports, as_of - BEFORE)
    told = {"seed": seed, "size": asdict(size), "moment": as_of.isoformat(), "home": home}
    (exports / _WORLD).write_text(json.dumps(told), encoding="utf-8")
    return DemoProject(config, as_of - BEFORE, as_of)


def advance(folder: Path, as_of: datetime) -> None:
    """Rewrite a demo project's files as of another moment, later or earlier.

    Raises:
        FileNotFoundError: the folder holds no demo project.
    """
    write_csv(world_of(folder), folder / EXPORTS, as_of)


def world_of(folder: Path) -> World:
    """The world that a demo project's files were written from.

    Raises:
        FileNotFoundError: the folder holds no demo project.
    """
    told = json.loads((folder / EXPORTS / _WORLD).read_text(encoding="utf-8"))
    return generate(told["seed"], Size(**told["size"]), datetime.fromisoformat(told["moment"]), told["home"])


def _people(staff: Staff, language: Told) -> str:
    """The `people:` of the project: an export does not say which language somebody speaks."""
    if language != "owner":
        return ""
    everybody = (*staff.managers, *staff.reps)
    lines = [f"  {one.email}: {{language: {one.team.language}}}" for one in everybody]
    return "\n".join(["", "people:", *lines, ""])


_RULES: Final = """\
# The rules of the demo: the whole starter pack. Add rules of your own below, or copy one with `use:`.
stalewatch: 1
pack: demo
include: [default]
"""

_CONFIG: Final = """\
# A demo: a company that does not exist, exported from a CRM that does not exist either.
stalewatch: 1
database: ${{STALEWATCH_DATABASE_URL:-sqlite:///stalewatch.db}}
rules: [rules/]

connections:
  - id: demo
    type: csv
    path: exports/
    files: {{deals: deals.csv, stages: stages.csv, events: events.csv}}
    tz: Asia/Tokyo
    partner_deals: {{pipeline: [partner]}}

calendars:
  tokyo: {{tz: Asia/Tokyo, hours: "09:00-18:00", days: mon-fri, holidays: JP, closed: ["12-29..01-03", "08-13..08-15"]}}
  choose:
    - {{use: tokyo}}

defaults:
  language: {language}
  mode: live
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
{people}"""
