"""Salesforce and HubSpot at once, through the real program: owners of stalled deals are told, and nobody else.

What is stalled is counted apart, by a few lines over the made-up companies' own truth that know nothing of stalewatch.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from stalewatch.sdk.records import Outcome
from stalewatch_sandbox.hubspot import feed as hubspot_feed
from stalewatch_sandbox.hubspot import naming as hubspot_naming
from stalewatch_sandbox.hubspot.server import HubSpotServer
from stalewatch_sandbox.pipeline import Size, World, generate
from stalewatch_sandbox.salesforce import feed as salesforce_feed
from stalewatch_sandbox.salesforce import naming as salesforce_naming
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from stalewatch_sandbox.serving.clock import Clock
from stalewatch_sandbox.truth import Truth
from tests.patience import PATIENCE

NOW: Final = datetime(2026, 4, 15, 18, tzinfo=ZoneInfo("Asia/Tokyo"))
"""The digests' hour, where everybody sits."""
SIZE: Final = Size(open=80, closed=10, later=10, leads=4)
IN_STAGE: Final = timedelta(hours=720)
UNMET: Final = timedelta(hours=336)

RULES: Final = """\
stalewatch: 1
pack: both
rules:
  - id: too-long-in-stage
    title: Too long in one stage
    watch: deal
    start: stage_entered_at
    within: 720h
    mode: live
  - id: no-next-meeting
    title: No next meeting
    watch: deal
    start: {latest_of: [created_at, last_meeting_at, next_meeting_at]}
    within: 336h
    mode: live
"""
TITLES: Final = {"too-long-in-stage": "Too long in one stage", "no-next-meeting": "No next meeting"}
PROJECT: Final[Mapping[str, Any]] = {
    "stalewatch": 1,
    "database": "sqlite:///stalewatch.db",
    "rules": ["rules/"],
    "calendars": {
        "every_day": {"tz": "Asia/Tokyo", "hours": "00:00-18:00", "days": "all", "holidays": "none"},
        "choose": [{"use": "every_day"}],
    },
    "defaults": {"language": "en", "currency": "JPY"},
    "quiet": "off",
    "storm_guard": "off",
    "rollout": "off",
    "routes": [{"name": "owners", "to": ["owner"], "style": "digest", "digest": {"at": "18:00"}}],
}


@dataclass(frozen=True)
class Crms:
    """Two companies, one in each CRM, as of now."""

    salesforce: SalesforceSandbox
    hubspot: HubSpotServer
    worlds: Mapping[str, World]
    ids: Mapping[str, Mapping[str, str]]

    def project(self, folder: Path) -> Path:
        """A fresh folder with the configuration of both connections, and two rules."""
        (folder / "rules").mkdir(parents=True)
        (folder / "rules" / "both.yaml").write_text(RULES, encoding="utf-8")
        told = {**PROJECT, "connections": [self._salesforce(), self._hubspot()]}
        (folder / "stalewatch.yaml").write_text(json.dumps(told), encoding="utf-8")
        return folder

    def _salesforce(self) -> dict[str, Any]:
        app = self.salesforce.app
        auth = {"flow": "client_credentials", "login_url": self.salesforce.url, "client_id": app.client_id,
                "client_secret": "${SF_SECRET}"}  # fmt: skip
        return {
            "id": "sf", "type": "salesforce", "auth": auth, "allow_custom_host": True,
            "map": salesforce_naming.mapping(), "partner_deals": {"pipeline": ["partner"]},
        }  # fmt: skip

    def _hubspot(self) -> dict[str, Any]:
        return {
            "id": "hs", "type": "hubspot", "auth": {"flow": "token", "token": "${HS_TOKEN}"},
            "base_url": self.hubspot.url, "allow_custom_host": True, "map": hubspot_naming.mapping(),
            "partner_deals": {"pipeline": ["partner"]},
        }  # fmt: skip

    @property
    def secrets(self) -> dict[str, str]:
        return {"SF_SECRET": self.salesforce.app.client_secret, "HS_TOKEN": self.hubspot.token}

    def stalled(self) -> dict[str, dict[str, set[str]]]:
        """By owner's address the ids of their stalled deals with the rules that say so: by the truth alone."""
        found: dict[str, dict[str, set[str]]] = {}
        for connection, world in self.worlds.items():
            truth = world.truth_at(NOW)
            for deal in world.known_at(NOW):
                if rules := _broken(truth[deal.id], deal.created_at, deal.pipeline):
                    mine = found.setdefault(world.people[truth[deal.id].owner].email, {})
                    mine[f"{connection}:{self.ids[connection][deal.id]}"] = rules
        return found

    def name(self, id_: str) -> str:
        """What a deal is called, by its id with the connection's."""
        connection, theirs = id_.split(":")
        return next(deal.name for deal in self.worlds[connection].deals if self.ids[connection].get(deal.id) == theirs)


def _broken(truth: Truth, created_at: datetime, pipeline: str) -> set[str]:
    if truth.outcome is not Outcome.OPEN or pipeline == "partner":
        return set()
    met = max(at for at in (created_at, truth.last_meeting_at, truth.next_meeting_at) if at is not None)
    late = {"too-long-in-stage": truth.stage_entered_at + IN_STAGE, "no-next-meeting": met + UNMET}
    return {rule for rule, due in late.items() if due <= NOW}


@contextmanager
def serving() -> Iterator[Crms]:
    """Both CRMs, each with the pipeline of another company, at the digests' hour."""
    worlds = {"sf": generate(11, SIZE, NOW, "en"), "hs": generate(12, SIZE, NOW, "ja")}
    clock = Clock(NOW)
    with SalesforceSandbox(NOW) as salesforce, HubSpotServer(clock) as hubspot:
        orders = salesforce_feed.load_world(salesforce, worlds["sf"], NOW)
        deals = hubspot_feed.load_world(hubspot, worlds["hs"], NOW)
        yield Crms(salesforce, hubspot, worlds, {"sf": orders.scribe.deals, "hs": deals.scribe.deals})


@pytest.fixture(scope="module")
def crms() -> Iterator[Crms]:
    with serving() as both:
        yield both


def stalewatch(crms: Crms, folder: Path, *words: str) -> tuple[Any, str]:
    """Run the program: what it says as JSON, and the messages that the console notifier printed."""
    environment = {name: value for name, value in os.environ.items() if name != "STALEWATCH_DATABASE_URL"}
    done = subprocess.run(
        [sys.executable, "-c", "from stalewatch.cli.main import main; main()", *words, "--now", NOW.isoformat(),
         "--json"],
        cwd=folder, env=environment | crms.secrets, capture_output=True, text=True, encoding="utf-8", check=False,
        timeout=PATIENCE,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), done.stderr


def told(messages: str) -> dict[str, set[tuple[str, ...]]]:
    """By addressee the deals that are told of, each as its name and the titles of the rules that it broke."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for block in messages.split("── ")[1:]:
        head, *lines = block.splitlines()
        assert head.strip("─ ") not in found, "one digest for each owner"
        mine = found.setdefault(head.strip("─ "), set())
        for deal in re.split(r"(?m)^\d+\. ", "\n".join(lines))[1:]:
            titles = sorted(rule for rule, title in TITLES.items() if title in deal)
            mine.add((deal.split(" · ")[0], *titles))
    return found


def test_the_owners_of_the_stalled_deals_of_both_crms_are_told_and_only_they(tmp_path: Path, crms: Crms) -> None:
    here, stalled = crms.project(tmp_path / "here"), crms.stalled()
    assert {id_.split(":")[0] for mine in stalled.values() for id_ in mine} == {"sf", "hs"}
    assert len(stalled) < sum(len(world.staff.reps) for world in crms.worlds.values()), "somebody is in order"

    report, messages = stalewatch(crms, here, "run", "--once")
    assert [(one["connection"], one["error"], one["rejected"]) for one in report["read"]] == [
        ("sf", None, {}), ("hs", None, {}),
    ]  # fmt: skip
    assert report["waiting"] == []
    assert told(messages) == {
        owner: {(crms.name(id_), *sorted(rules)) for id_, rules in mine.items()} for owner, mine in stalled.items()
    }

    listed, _ = stalewatch(crms, here, "deals", "stalled")
    shown: dict[str, dict[str, set[str]]] = {}
    for item in listed["items"]:
        shown.setdefault(item["owner_email"], {})[item["id"]] = {reason["rule"] for reason in item["reasons"]}
    assert shown == stalled

    again, nothing = stalewatch(crms, here, "run", "--once")
    assert (again["noticed"]["opened"], again["said"]["messages"], nothing) == (0, 0, "")
