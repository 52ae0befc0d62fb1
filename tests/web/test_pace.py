"""How fast one caller may ask, and that nobody else waits for somebody who asks too fast (security, S34)."""

from __future__ import annotations

import asyncio
import statistics
from collections import Counter
from datetime import timedelta

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.instants import MINUTE, SECOND
from stalewatch.services.access import tokens
from stalewatch.settings.project import Web
from stalewatch.web.app import create_app
from stalewatch.web.pace import KNOWN, Rates
from stalewatch.wiring.live import Live
from tests.patience import Stopwatch
from tests.services.world import World
from tests.web.office import Office, project_of

pytestmark = pytest.mark.security
STALLED = "/v1/deals/stalled"


@given(most=st.integers(1, 5000), gaps=st.lists(st.integers(0, 2 * SECOND), max_size=200))
def test_s34_no_minute_holds_more_than_twice_what_is_allowed_and_no_first_burst_more(
    most: int, gaps: list[int]
) -> None:
    rates, now, taken = Rates(most), 10**15, []
    for gap in gaps:
        now += gap
        allowed = rates.take("one", now)
        assert allowed is not None
        if allowed.wait:
            assert allowed.left == -1
            later = rates.take("one", now + allowed.wait * SECOND)
            assert later is not None
            assert later.wait == 0, "who waits as long as was said may go on"
            now += allowed.wait * SECOND
        taken.append(now)
    for at in taken:
        within = sum(at <= other < at + MINUTE for other in taken)
        assert within <= 2 * most, "a minute's worth at once, and what came back meanwhile"


def test_s34_callers_are_counted_apart_and_their_number_is_bounded() -> None:
    rates = Rates(2)
    assert [one.wait > 0 for _ in range(3) if (one := rates.take("a", 0))] == [False, False, True]
    other = rates.take("b", 0)
    assert other is not None
    assert (other.wait, other.left) == (0, 1)
    for number in range(KNOWN + 10):
        rates.take(f"c{number}", 0)
    assert len(rates._full_at) == KNOWN
    assert Rates(0).take("a", 0) is None


def test_s34_who_asks_too_often_is_told_when_to_ask_again(empty: World) -> None:
    app = create_app(Live(project_of(empty, web=Web(rate_limit=3))))
    office = Office(empty, app, tokens.create(empty.db, "quick", ["deals:read"], empty.us))
    left = [office.get(STALLED).headers["ratelimit"] for _ in range(3)]
    assert left == ['"caller";r=2;t=20', '"caller";r=1;t=40', '"caller";r=0;t=60']
    refused = office.get(STALLED)
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert (refused.headers["retry-after"], refused.headers["ratelimit-policy"]) == ("20", '"caller";q=3;w=60')
    assert refused.json()["detail"] == "At most 3 requests a minute: again in 20 s."
    other = Office(empty, app, tokens.create(empty.db, "other", ["deals:read"], empty.us))
    assert other.get(STALLED).status_code == 200
    empty.clock.advance(timedelta(seconds=20))
    assert [office.get(STALLED).status_code for _ in range(2)] == [200, 429]


def test_s34_a_thousand_requests_of_one_token_keep_nobody_else_waiting(empty: World) -> None:
    app = create_app(Live(project_of(empty)))
    loud, calm = (tokens.create(empty.db, name, ["deals:read"], empty.us) for name in ("loud", "calm"))
    came: Counter[int] = Counter()
    took: list[float] = []

    async def ask(client: httpx.AsyncClient, token: str) -> int:
        return (await client.get(STALLED, headers={"Authorization": f"Bearer {token}"})).status_code

    async def shouts(client: httpx.AsyncClient) -> None:
        for _ in range(125):
            came[await ask(client, loud)] += 1

    async def asks(client: httpx.AsyncClient) -> None:
        for _ in range(20):
            watch = Stopwatch()
            assert await ask(client, calm) == 200
            took.append(watch.seconds)

    async def together() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://stalewatch.example") as client:
            await asyncio.gather(asks(client), *(shouts(client) for _ in range(8)))

    asyncio.run(together())
    assert came == {200: 600, 429: 400}, "a minute's worth at once, then no more"
    assert statistics.median(took) < 1
