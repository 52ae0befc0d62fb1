"""What soon will be late: the same on the API, the pages and in Slack, and day by day."""

from __future__ import annotations

from dataclasses import replace

from stalewatch.domain.language.model import Mode
from tests.services.world import World, rulebook
from tests.web.office import Office
from tests.web.pack import RULES


def test_a_rule_in_shadow_makes_nothing_due_soon_until_it_is_live(own: World) -> None:
    judging = own.book.judging
    for mode, near in ((Mode.SHADOW, []), (Mode.LIVE, ["Young"])):
        own.book = rulebook(RULES, judging=replace(judging, modes={"no-next-meeting": mode}))
        own.rounds()
        office = Office.of(own, "deals:read")
        assert office.names("/v1/deals/due-soon", within="10bd") == near
        assert office.names("/v1/deals/due-soon", within="10bd", rule="no-next-meeting") == near
        late = office.get("/v1/deals/due-soon", within="60d", q="young").json()["items"]
        assert [one["rule"] for item in late for one in item["reasons"]] == ["no-next-meeting"] * len(near) + [
            "too-old"
        ]
