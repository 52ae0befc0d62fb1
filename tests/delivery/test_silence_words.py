"""Why it was said, why not: every named reason has words of its own, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import stalewatch.services
from stalewatch.delivery.wording.route_words import RouteSpeaker
from stalewatch.delivery.wording.silence_words import because, outcome, silence
from stalewatch.domain.alerts import Cause, Hush
from stalewatch.domain.directory import Directory, Person
from stalewatch.domain.foreseen import Ahead, Happened, Hold
from stalewatch.domain.pacing import Reason
from stalewatch.domain.routing import Reason as Rung
from stalewatch.services.alerting.announcing import CHECKING
from stalewatch.services.operating.work import BY_HAND
from tests.delivery.tellings import NOW as NOON
from tests.delivery.tellings import at, sato
from tests.services.world import default_pack, rulebook

SERVICES = Path(stalewatch.services.__file__).parent
_DROPPED = re.compile(r"(?:notices\.drop\([^()]*(?:\([^()]*\)[^()]*)*, |dropped=|reason = )\"(\w+)\"")
_CHOSEN = re.compile(r"\"(\w+)\" if \w+ else \"(\w+)\" if \w+ else \"(\w+)\"")


def named() -> Iterator[str]:
    """Every reason that is stored with a notice: the enumerations, and the words that stand in the source."""
    yield from Reason
    yield from Hush
    yield from (Rung.NOBODY_LEFT, Cause.MERGED, Cause.FALSE_ALARM, Cause.LOST, CHECKING, BY_HAND)
    for path in SERVICES.rglob("*.py"):
        text = path.read_text()
        if "notices.drop(" in text or "dropped=" in text:
            yield from _DROPPED.findall(text)
            yield from (word for found in _CHOSEN.findall(text) for word in found)


REASONS = sorted({str(each) for each in named()})


def test_the_source_was_read() -> None:
    assert {"resolved", "old_news", "owner_changed", "snoozed", "meeting_booked", "loss_check_sent"} <= set(REASONS)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_words_in_both_languages(reason: str) -> None:
    english, japanese = (because(reason, sato(language).reads(NOON)) for language in ("en", "ja"))
    if reason == Reason.NOW:
        assert (english, japanese) == ("", "")
        return
    assert english not in ("", reason, reason.replace("_", " "))
    assert re.search(r"[\u3040-\u30ff\u4e00-\u9fff]", japanese)


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_hold_is_said_by_its_own_words(reason: Reason, language: str) -> None:
    said = speaker(language).hold(
        Hold(reason=reason, until=at("11-24 09:00"), by="x", used=1, most=3), {}, "Asia/Tokyo"
    )
    assert said == "" if reason is Reason.NOW else said not in ("", reason.value.replace("_", " "))
    assert "{" not in said


@pytest.mark.parametrize(
    ("notice", "english", "japanese"),
    [
        ({"state": "told", "reason": "now"}, "told at once", "すぐにお知らせ済み"),
        ({"state": "told", "reason": "digest"}, "told with the daily message", "毎日のお知らせで連絡済み"),
        ({"state": "told", "reason": None}, "told", "お知らせ済み"),
        ({"state": "held", "reason": "storm"}, "held back: too many at once, a person should look first", None),
        ({"state": "dropped", "reason": "owner_changed"}, "not said: the deal has another owner by now", None),
        (
            {"state": "pending", "reason": "quiet_hours", "not_before": "2025-11-21T00:00:00Z"},
            "waits until 21 Nov 09:00: outside working hours", None,
        ),
        ({"state": "pending", "reason": None}, "waits: for its time", None),
        ({"state": "claimed", "reason": "now"}, "on its way", None),
    ],
)  # fmt: skip
def test_what_became_of_a_message(notice: dict[str, Any], english: str, japanese: str | None) -> None:
    assert outcome(notice, sato("en").reads(NOON)) == english
    assert japanese in (None, outcome(notice, sato("ja").reads(NOON)))


@pytest.mark.parametrize(
    ("alert", "english"),
    [
        ({"state": "open"}, None),
        ({"state": "shadow", "shadow": True}, "nobody is told: the rule is tried out in shadow"),
        ({"state": "open", "holdout": True}, "nobody is told: it is one of the few that stay silent"),
        ({"state": "open", "muted_by": "loud"}, "nobody is told: “Loud” speaks for it"),
        ({"state": "backlog", "backlog": True}, "no reminders: it was late before we began to watch"),
        (
            {"state": "snoozed", "snoozed_until": "2025-11-24T00:00:00Z", "snoozed_by": "a\nb", "snooze_reason": "*x*"},
            "snoozed until 24 Nov 09:00 by a b: ∗x∗",
        ),
        ({"state": "waiting", "ask_at": "2025-12-01T09:00:00Z"}, "on hold; we ask again on 1 Dec 18:00"),
        ({"state": "waiting"}, "on hold"),
        ({"state": "resolving"}, "the trouble is gone; it counts as settled once it stays away"),
        (
            {"state": "claimed", "hushed_by": "claimed", "hushed_until": "2025-11-21T00:00:00Z"},
            "somebody is at it; we ask again on 21 Nov 09:00",
        ),
        (
            {"state": "open", "hushed_by": "crm_changed", "hushed_until": "2025-11-21T00:00:00Z"},
            "somebody works on the record; we ask again on 21 Nov 09:00",
        ),
    ],
)
def test_why_nothing_is_said_of_a_problem(alert: dict[str, Any], english: str | None) -> None:
    said = silence(alert, {"loud": "Loud"}, sato("en").reads(NOON))
    assert said == english if english is None else said is not None and said.startswith(english)


def test_what_was_said_so_far_and_what_follows_by_itself() -> None:
    say = speaker("en")
    told = Happened(
        kind="breach", target="person:tanaka@acme.example", state="told", reason="now", at=at("11-20 09:00")
    )
    assert say.happened(told, "Asia/Tokyo") == "20 Nov 09:00, Tanaka: a limit has passed · told at once"
    waits = Happened(
        kind="repeat", target="channel:#sales", state="pending", reason="digest", at=at("11-20 09:00"),
        until=at("11-21 09:00"),
    )  # fmt: skip
    assert say.happened(waits, "Asia/Tokyo").endswith(
        "#sales: asked again · waits: for the daily message (21 Nov 09:00)"
    )
    manager = Ahead(at=at("11-25 09:00"), to=("owner.manager", "#deal-desk"), again=False)
    assert say.ahead(manager, "Asia/Tokyo") == (
        "if nothing moves, it is passed on to the owner's manager and #deal-desk: 25 Nov 09:00"
    )
    again = Ahead(at=at("11-25 09:00"), to=("owner",), again=True)
    assert say.ahead(again, "Asia/Tokyo") == "if nothing moves, we ask again: 25 Nov 09:00"


def speaker(language: str) -> RouteSpeaker:
    rules = rulebook(default_pack()).rules
    people = Directory(people={"tanaka": Person(key="tanaka", name="Tanaka", email="tanaka@acme.example")})
    return RouteSpeaker(rules, people, sato(language).reads(NOON))
