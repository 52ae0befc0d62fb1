"""What messages say of a deal is what the deal has: bands, scores and what is still missing are read, not guessed."""

from __future__ import annotations

from tests.databases import SQLITE_DAILY
from tests.services.conftest import Founder
from tests.services.world import at, deal

pytestmark = SQLITE_DAILY

FACTS = """
stalewatch: 1
pack: small
title: {en: Small, ja: 小}
bands:
  size:
    of: amount
    rows: [{name: small, below: 1_000_000}, {name: large}]
scores:
  ready: {watch: deal, items: {need: {filled: need}, metrics: {filled: metrics}}}
rules:
  - id: facts
    title: {en: Facts, ja: 情報}
    watch: deal
    start: created_at
    within: 3d
    until: {filled: [need, metrics]}
    severity: critical
    message:
      en: "A {size} deal, {score.ready}% ready, lacks {missing}."
      ja: "{size}の案件、{score.ready}%、不足:{missing}"
"""


def test_a_message_names_the_band_the_score_and_only_what_is_missing(found: Founder) -> None:
    world = found(FACTS)
    known = {"need": "faster closing", "amount_in_project_currency": 5_000_000, "amount": 5_000_000}
    world.has(deal("acme", created_at=at("2026-03-02 12:00"), **known))
    world.lives_until("2026-03-06 10:00")
    assert world.nudges_to("sato") == ["Acme: A large deal, 50% ready, lacks Metrics."]
