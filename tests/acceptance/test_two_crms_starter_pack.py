"""The whole starter pack over both CRMs, through the real program, against the same pack over the companies' truth.

What is true comes from the made-up lives themselves: no connector, no store, no service has touched it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from tests.acceptance import test_two_crms as both
from tests.acceptance.test_two_crms import Crms, serving, stalewatch, told
from tests.sandbox import judged
from tests.sandbox.judged import Said, said

MORNING: Final = datetime(2026, 4, 15, 9, tzinfo=ZoneInfo("Asia/Tokyo"))
PACK: Final = "stalewatch: 1\npack: ours\ninclude: [default]\n"
ASIDE: Final[Mapping[str, Any]] = {
    "calendars": {
        "tokyo": {"tz": "Asia/Tokyo", "hours": "09:00-18:00", "days": "mon-fri", "holidays": "JP",
                  "closed": ["12-29..01-03", "08-13..08-15"]},
        "choose": [{"use": "tokyo"}],
    },
    "defaults": {"language": "en", "currency": "JPY", "warn": "3bd"},
    "modes": {"default": "live"},
    "routes": [{"name": "owners", "to": ["owner"], "style": "digest", "digest": {"at": "09:00"}}],
}  # fmt: skip


@dataclass(frozen=True)
class Run:
    """A first run at the digests' hour: what it printed, what it lists, and what is true."""

    crms: Crms
    messages: str
    listed: list[dict[str, Any]]
    true: Mapping[str, Said]


pytestmark = pytest.mark.slow  # both CRMs with the whole pack: too long for every run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(both, "NOW", MORNING)
        patch.setattr(judged, "FIRST_SEEN", timedelta())  # what happened before the first look starts no clock
        with serving() as crms:
            here = crms.project(tmp_path_factory.mktemp("project") / "here")
            (here / "rules" / "both.yaml").write_text(PACK, encoding="utf-8")
            told_so = json.loads((here / "stalewatch.yaml").read_text(encoding="utf-8"))
            (here / "stalewatch.yaml").write_text(json.dumps(told_so | ASIDE), encoding="utf-8")
            report, messages = stalewatch(crms, here, "run", "--once")
            assert (report["noticed"]["not_judged"], report["waiting"]) == ([], [])
            listed, _ = stalewatch(crms, here, "deals", "stalled")
            true = {connection: said(world, MORNING) for connection, world in crms.worlds.items()}
            yield Run(crms, messages, listed["items"], true)


def test_every_rule_says_of_every_deal_what_is_true_of_it(run: Run) -> None:
    shown = {item["id"]: {reason["rule"] for reason in item["reasons"]} for item in run.listed}
    ids = run.crms.ids
    late = {f"{crm}:{ids[crm][deal]}": rules for crm, true in run.true.items() for deal, rules in true.late.items()}
    assert shown == late
    assert len(set().union(*late.values())) >= 12, "nearly every rule has something to say"


def test_owners_are_told_of_the_deals_that_are_late_or_soon_will_be_and_nobody_else_of_anything(run: Run) -> None:
    true: dict[str, set[str]] = {}
    for crm, world in run.crms.worlds.items():
        truth = world.truth_at(MORNING)
        for deal in world.known_at(MORNING):
            if deal.id in run.true[crm].deals:
                true.setdefault(world.people[truth[deal.id].owner].email, set()).add(deal.name)
    assert {owner: {name for name, *_ in mine} for owner, mine in told(run.messages).items()} == true
    assert len(true) > 10
