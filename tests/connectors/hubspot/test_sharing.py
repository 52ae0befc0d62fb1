"""What belongs to the portal: its limits, its rests, its day; and the refresh token that HubSpot may replace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from stalewatch.sdk.connector import Level
from stalewatch.sdk.errors import ConfigurationError, NeedsReconnect, TryLater
from stalewatch.sdk.pacing import MemoryPacer
from stalewatch.sdk.vault import MemoryVault, Secret
from stalewatch_hubspot.connector import HubSpotConnector
from stalewatch_hubspot.queries import ACCOUNT
from stalewatch_sandbox.hubspot.company import Account
from stalewatch_sandbox.hubspot.credentials import App
from stalewatch_sandbox.serving.exchange import Request
from stalewatch_sandbox.serving.faults import Fault
from tests.connectors.hubspot.portals import Reader, Story, opened

APP = {"flow": "oauth", "client_id": "app", "client_secret": "very-secret", "refresh_token": "refresh-me"}
DAY, PORTAL = 1_000, Account().portal


@pytest.fixture
def limited() -> Iterator[Story]:
    """A portal with its usual limits."""
    with opened(is_unlimited=False) as one:
        yield one


def shared(story: Story) -> dict[str, Any]:
    return {"pacer": MemoryPacer(story.patience.monotonic)}


def loaded(story: Story, **more: Any) -> Reader:
    story.passes(minutes=10)
    reader = story.reader(**more)
    reader.pull()
    story.board.ledger.reset()
    return reader


def used(story: Story, calls: int, daily: int = DAY) -> None:
    """So many of the day's calls are used, by whomever."""
    limits = story.server.api.limits
    limits.allowance.daily = daily
    limits._begin_day()
    limits._today = calls


# ------------------------------------------------------------------------------------------------------ the limits


def test_hs15_two_connections_to_one_portal_search_five_times_a_second_together(limited: Story) -> None:
    """With a key each: searches belong to the account, whoever asks."""
    other = limited.server.api.credentials.add_token("pat-another")
    kept = shared(limited)
    for number in range(300):
        limited.deal(f"Deal {number}")
    both = [
        loaded(limited, kept=kept),
        loaded(limited, kept=kept, auth={"flow": "token", "token": other}),
    ]
    for _ in range(4):
        limited.passes(minutes=5)
        for reader in both:
            reader.pull()
    assert limited.board.ledger.kinds()["search"] >= 40
    assert limited.server.api.limits.violations == {}


def test_hs14_a_rest_that_one_connection_was_told_is_the_others_as_well(story: Story) -> None:
    kept = shared(story)
    one, other = loaded(story, kept=kept), loaded(story, kept=kept)
    story.board.faults.arm("HS14", times=None)
    with closing(one.connector.transport), pytest.raises(TryLater):
        one.connector.transport.call("GET", ACCOUNT, dict)
    story.board.faults.disarm()
    story.patience.slept.clear()
    story.board.ledger.reset()
    with closing(other.connector.transport):
        other.connector.transport.call("GET", ACCOUNT, dict)
    assert story.patience.slept == [pytest.approx(10.0)]


def test_hs16_a_day_that_is_spent_is_spent_for_every_connection(story: Story) -> None:
    kept = shared(story)
    one, other = loaded(story, kept=kept), loaded(story, kept=kept)
    story.board.faults.arm("HS16")
    for reader in (one, other):
        with pytest.raises(TryLater, match="daily limit"):
            reader.pull()
    assert story.board.ledger.weight() == 1


def test_portals_do_not_count_together(story: Story) -> None:
    pacer = MemoryPacer(story.patience.monotonic)
    loaded(story, kept={"pacer": pacer})
    pacer.rest("hubspot:1", 3_600)
    loaded(story, kept={"pacer": pacer})
    assert sum(story.patience.slept) < 60
    assert f"hubspot:{PORTAL}" in pacer._accounts


# -------------------------------------------------------------------------------------------------------- the day


def looks(story: Story, reader: Reader, hours: int) -> int:
    """In how many of so many hours the hourly look was made."""
    found = 0
    for _ in range(hours):
        before = dict(reader.cursor or {})
        story.passes(hours=1)
        reader.pull()
        found += dict(reader.cursor or {})["hourly"] != before["hourly"]
    return found


def test_above_the_ceiling_what_can_wait_waits_and_what_changed_is_read(story: Story) -> None:
    deal = story.deal()
    story.passes(hours=4)  # a new day has begun in the portal
    reader = loaded(story)
    assert looks(story, reader, 2) == 2
    used(story, 900)
    reader.connector.check()
    assert reader.connector.transport.limits.is_tight
    story.portal.update("deals", deal, {"amount": 77})
    used(story, 900)
    story.board.ledger.reset()
    story.passes(hours=2)
    reader.pull()
    assert reader.deals[deal].amount == 77
    assert looks(story, reader, 2) == 0


def test_near_the_ceiling_the_hourly_look_comes_every_four_hours(story: Story) -> None:
    story.deal()
    story.passes(hours=4)  # a new day has begun in the portal
    reader = loaded(story)
    used(story, 6_500, daily=10_000)
    reader.connector.check()
    assert reader.connector.transport.limits.is_near
    assert not reader.connector.transport.limits.is_tight
    assert looks(story, reader, 8) == 2


def test_above_the_ceiling_everything_is_not_read_until_midnight(story: Story) -> None:
    story.deal()
    used(story, 950)
    with pytest.raises(TryLater, match="reading everything waits"):
        story.reader().pull()
    story.passes(hours=3)  # it is past midnight in the portal
    reader = story.reader()
    reader.pull()
    assert reader.deals


def test_the_ceiling_is_the_operators(story: Story) -> None:
    story.deal()
    used(story, 900)
    reader = story.reader(quota_ceiling=0.99)
    reader.pull()
    assert reader.deals
    for odd in (0, 1.5, "much"):
        with pytest.raises(ConfigurationError, match="quota_ceiling"):
            story.connector(quota_ceiling=odd)


def test_what_one_worker_heard_of_the_day_another_begins_with(story: Story) -> None:
    kept = shared(story)
    story.deal()
    one = loaded(story, kept=kept)
    used(story, 950)
    one.connector.check()
    other = story.connector(kept=kept)
    other.transport.limits.meet(PORTAL, one.connector.transport.limits.zone)
    told = other.transport.limits.usage
    assert told is not None
    assert told == one.connector.transport.limits.usage
    assert told.used >= 950
    assert other.transport.limits.is_tight


def test_what_was_heard_yesterday_says_nothing_of_today(story: Story) -> None:
    kept = shared(story)
    one = loaded(story, kept=kept)
    assert one.connector.transport.limits.usage is not None
    story.passes(days=1)
    story.patience.seconds += 86_400
    assert one.connector.transport.limits.usage is None
    other = story.connector(kept=kept)
    other.transport.limits.meet(PORTAL, one.connector.transport.limits.zone)
    assert other.transport.limits.usage is None


def test_doctor_says_how_much_of_the_day_is_used_and_what_waits(story: Story) -> None:
    story.deal()
    used(story, 900)
    [found] = [one for one in story.connector().check() if one.subject == "quota"]
    assert found.level is Level.WARNING
    assert "of 1,000 calls" in found.message
    assert found.cure
    used(story, 10)
    [found] = [one for one in story.connector().check() if one.subject == "quota"]
    assert (found.level, found.cure) == (Level.OK, None)


# ------------------------------------------------------------------------------------------------ the refresh token


@pytest.fixture
def app(story: Story) -> App:
    made = App("app", "very-secret", "refresh-me", rotates=True)
    story.server.api.credentials.add_app(made)
    return made


def renewing(story: Story, vault: MemoryVault) -> HubSpotConnector:
    return story.connector(auth=APP, kept={"vault": vault})


def test_hs22_another_refresh_token_is_kept_before_the_login_is_used(story: Story, app: App) -> None:
    story.deal()
    vault, seen = MemoryVault(), list[bool]()

    def note(request: Request) -> bool:
        seen.append("/oauth/" in request.path or app.refresh_token in [one.value for one in vault._kept.values()])
        return False

    story.board.faults.arm_fault("noted", Fault(on=note))
    for _ in range(3):
        list(renewing(story, vault).pull(None))
    assert all(seen)
    assert story.board.ledger.kinds()["token"] == 3


@pytest.mark.usefixtures("app")
def test_hs22_two_workers_use_one_after_the_other(story: Story) -> None:
    story.deal()
    vault = MemoryVault()
    one, other = renewing(story, vault), renewing(story, vault)
    for _ in range(3):
        for worker in (one, other):
            list(worker.pull(None))
            story.patience.seconds += 1_501
    assert [call.status for call in story.board.ledger.where("token")] == [200] * 6


def test_hs22_a_vault_without_a_key_costs_the_next_process_and_doctor_says_so(story: Story, app: App) -> None:
    class Closed(MemoryVault):
        def check(self, name: str) -> None:
            raise ConfigurationError("there is no secrets.key", cure="make one")

        def replace(self, name: str, value: str, *, seen: Secret | None) -> Secret:
            raise NeedsReconnect("there is no secrets.key", cure="make one")

    story.deal()
    connector = renewing(story, Closed())
    for _ in range(3):
        list(connector.pull(None))
        story.patience.seconds += 1_501
    found = {one.subject: one for one in connector.check()}
    assert (found["refresh token"].level, found["refresh token"].cure) == (Level.WARNING, "make one")
    assert app.refresh_token not in f"{connector!r} {connector.transport!r} {found}"
    with pytest.raises(NeedsReconnect):
        list(renewing(story, Closed()).pull(None))
    assert not [one for one in story.connector().check() if one.subject == "refresh token"]


def test_hs22_an_answer_that_brings_the_same_token_changes_nothing(story: Story, app: App) -> None:
    app.rotates = False
    story.deal()
    vault = MemoryVault()
    list(renewing(story, vault).pull(None))
    assert vault._kept == {}
