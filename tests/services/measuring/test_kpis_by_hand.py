"""Every KPI of thirty deals (thirty_deals.py), counted by hand, deal by deal; for all of them, by team and by owner.

Tokyo, the end of Tuesday, 30 June 2026. The four weeks that end with it began on 3 June, the quarter (91 days) on
1 April. Deal 30 is made half an hour after midnight and is in nothing. Open are the deals 1 to 20.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from itertools import chain

import pytest

from stalewatch import shipped
from stalewatch.services.measuring.kpi_keeping import Keeping
from stalewatch.services.measuring.kpis import GroupBy, Kpis, kpis
from stalewatch.services.reporting.reports import Filters, Reports, Visible
from tests import databases
from tests.services.measuring.thirty_deals import TEAMS, founded
from tests.services.world import World, default_pack, rulebook

OWNERS = {
    "sato": {1, 2, 3, 4, 5, 6, 7, 21, 22, 23},
    "suzuki": {8, 9, 10, 11, 12, 13, 14, 24, 25, 26},
    "abe": {15, 16, 17, 18, 19, 27, 28, 29, 30},
    "": {20},
}
OPEN = frozenset(range(1, 21))

SHARES: dict[str, tuple[set[int], Collection[int]]] = {
    # Deal 5 has no close date. Deal 2 closes on the day itself, which is over.
    "overdue_close_date": ({1, 2, 4, 7, 9, 12, 17, 19}, OPEN - {5}),
    # Deal 11 is on hold until 20 July. The meeting of deal 10 was today; deal 8 has one tomorrow.
    "no_next_meeting": ({1, 4, 7, 9, 10, 13, 16, 17, 20}, OPEN - {11}),
    # Late on 30 June: 4, 7, 9, 16; deal 11, too, but it is on hold. 2, 12 and 17 are over.
    "stalled": ({4, 7, 9, 16}, OPEN),
    "qualification.bant.budget": ({1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 15, 16, 17, 18, 19}, OPEN),
    "qualification.bant.authority": ({2, 3, 4, 6, 7, 10, 12, 15, 16, 19}, OPEN),
    "qualification.bant.need": ({3, 4, 6, 7, 10, 11, 12, 16, 17, 19}, OPEN),
    "qualification.bant.timeframe": ({3, 6, 10, 12, 14, 15, 16}, OPEN),
    "qualification.meddic.metrics": ({1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 15, 16, 17, 19}, OPEN),
    "qualification.meddic.economic_buyer": ({2, 3, 4, 6, 7, 10, 12, 15, 16, 19}, OPEN),
    "qualification.meddic.decision_criteria": ({3, 4, 6, 7, 10, 11, 12, 16, 19}, OPEN),
    "qualification.meddic.decision_process": ({3, 4, 6, 10, 12, 15, 16}, OPEN),
    "qualification.meddic.identified_pain": ({6, 7, 12, 16, 17}, OPEN),
    "qualification.meddic.champion": ({4, 6, 10, 16}, OPEN),
    # Five business days were over in the four weeks: 4, 7 (answered on the second), 9, 17 (worked on). 16 has until
    # 1 July, the rule of 12 changed, and 2 was decided in May.
    "ignored_alerts": ({4, 9}, {4, 7, 9, 17}),
    # 12 has no notes, 15 a next step three days later; the 24 hours of 10 are not over, 19 and 21 were too long ago.
    "input_timeliness": ({3, 6}, {3, 6, 12, 15}),
    # 26 was lost on 31 March, the day before the quarter.
    "win_rate": ({21, 22, 24, 27}, {21, 22, 23, 24, 25, 27, 28, 29}),
    # The customer of 28 has answered, so what its owner concluded from silence does not count.
    "loss_reason.reported": ({23, 28}, {23, 25, 28, 29}),
    "loss_reason.assumed": ({25}, {23, 25, 28, 29}),
    "loss_reason.none": ({29}, {23, 25, 28, 29}),
    # Letters missing: 21 and 27 none, 22 and 28 one; 24 two; 23 and 29 four, 25 five.
    "meddic_gap.few": ({21, 22, 27}, {21, 22, 27, 28}),
    "meddic_gap.some": ({24}, {24}),
    "meddic_gap.many": (set(), {23, 25, 29}),
    # A visit a deal, but that discovery of 4 which it went back to is not over. 22 left qualification in March.
    "stage_pass.qualification": (
        {1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 15, 16, 17, 19, 21, 23, 24, 27, 28, 29},
        {1, 2, 3, 4, 6, 7, 8, 10, 11, 12, 15, 16, 17, 19, 21, 23, 24, 25, 27, 28, 29},
    ),
    "stage_pass.discovery": (
        {2, 3, 4, 6, 7, 10, 12, 16, 19, 21, 22, 24, 27, 28},
        {2, 3, 4, 6, 7, 10, 12, 16, 19, 21, 22, 23, 24, 27, 28, 29},
    ),
    # 4 went back to discovery, 28 was lost; 21, 22, 24 and 27 were won in it.
    "stage_pass.proposal": ({6, 7, 12, 21, 22, 24, 27}, {4, 6, 7, 12, 21, 22, 24, 27, 28}),
}

DAY = 1.0
SUMS: dict[str, tuple[dict[int, float], Collection[int]]] = {
    # Letters known, of four and of six of each open deal.
    "qualification.bant": (
        {1: 1, 2: 2, 3: 4, 4: 3, 6: 4, 7: 3, 8: 1, 10: 4, 11: 2, 12: 4, 14: 1, 15: 3, 16: 4, 17: 2, 18: 1, 19: 3},
        [*OPEN] * 4,
    ),
    "qualification.meddic": (
        {1: 1, 2: 2, 3: 4, 4: 5, 6: 6, 7: 4, 8: 1, 10: 5, 11: 2, 12: 5, 15: 3, 16: 6, 17: 2, 19: 3},
        [*OPEN] * 6,
    ),
    # From proposal on; below 3 million is low, below 30 is mid. Deal 16 has exactly 30.
    "stakeholders": ({2: 2, 3: 5, 6: 8, 7: 4, 10: 6, 12: 5, 16: 7, 19: 4}, {2, 3, 6, 7, 10, 12, 16, 19}),
    "stakeholders.low": ({2: 2}, {2}),
    "stakeholders.mid": ({3: 5, 10: 6, 12: 5, 19: 4}, {3, 10, 12, 19}),
    "stakeholders.high": ({6: 8, 7: 4, 16: 7}, {6, 7, 16}),
    # Days from the making of a deal to its winning: 1 April to 31 May, 1 March to 30 April, ...
    "deal_length": ({21: 60, 22: 60, 24: 50, 27: 45}, {21, 22, 24, 27}),
    # Yen of the won deals that have an amount.
    "unit_price": ({21: 3e6, 22: 5e6, 24: 6e6}, {21, 22, 24}),
    "time_in_stage.qualification": (
        {
            1: 10, 2: 10, 3: 10, 4: 20, 6: 10, 7: 20, 8: 10, 10: 10, 11: 20, 12: 10, 15: 20, 16: 15, 17: 10, 19: 30,
            21: 10, 23: 20, 24: 10, 25: 60, 27: 10, 28: 10, 29: 10,
        },
        SHARES["stage_pass.qualification"][1],
    ),
    "time_in_stage.discovery": (
        {
            2: 10, 3: 20, 4: 20, 6: 20, 7: 20, 10: 20, 12: 10, 16: 10, 19: 30, 21: 20, 22: 20, 23: 40, 24: 10, 27: 10,
            28: 20, 29: 20,
        },
        SHARES["stage_pass.discovery"][1],
    ),
    "time_in_stage.proposal": (
        {4: 10, 6: 31, 7: 30, 12: 25, 21: 30, 22: 20, 24: 30, 27: 25, 28: 35}, SHARES["stage_pass.proposal"][1],
    ),
    # Entered proposal in the quarter; of the deals that were open in it.
    "proposals": (
        dict.fromkeys((2, 3, 4, 6, 7, 10, 12, 16, 19, 21, 22, 24, 27, 28), 1),
        OPEN | {21, 22, 23, 24, 25, 27, 28, 29},
    ),
}  # fmt: skip
VISITS = ("qualification", "discovery", "proposal")
MILLIONS = {
    1: 1.0, 2: 2.0, 3: 4.0, 4: 5.0, 6: 40.0, 7: 35.0, 8: 2.5, 9: 1.5, 10: 10.0, 11: 6.0, 12: 12.0, 14: 0.5, 15: 3.0,
    16: 30.0, 17: 8.0, 18: 1.2, 19: 20.0, 20: 2.2,
}  # fmt: skip
"""Of the open deals that have an amount: 183.9 in all."""


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    database = databases.opened(migrated_database_url)
    world = World(database, rulebook(default_pack(), (shipped.rules() / "leads.yaml").read_text()))
    founded(world)
    assert (
        Keeping(world.db, world.clock, world.book, {"crm": 0}).run().last == (date(2026, 6, 30) - date(1970, 1, 1)).days
    )
    yield world
    database.dispose()


def read(world: World, group: GroupBy, visible: Visible | None = None, **filters: str) -> Kpis:
    reports = Reports(world.db, world.book, {"crm": None})
    day = date(2026, 6, 30)
    return kpis(reports, group=group, frm=day, to=day, filters=Filters(**filters), now=world.us, visible=visible)  # type: ignore[arg-type]


def expected(some: Collection[int]) -> dict[str, tuple[float, float]]:
    """`over` and `of` of each KPI, counted of some of the deals."""
    shares = {
        name: (len(hit & set(some)), len([one for one in base if one in some])) for name, (hit, base) in SHARES.items()
    }
    sums = {
        name: (sum(value for deal, value in terms.items() if deal in some), len([one for one in base if one in some]))
        for name, (terms, base) in SUMS.items()
    }
    visits = {
        kpi: tuple(map(sum, zip(*({**shares, **sums}[f"{kpi}.{stage}"] for stage in VISITS), strict=True)))
        for kpi in ("stage_pass", "time_in_stage")
    }
    money = {deal: million * 1e6 for deal, million in MILLIONS.items() if deal in some}
    late = sum(money.get(deal, 0) for deal in SHARES["stalled"][0])
    return {**shares, **sums, **visits, "stalled_amount": (late, sum(money.values()))}  # type: ignore[dict-item]


def told(kpis_: Kpis, key: str | None = None) -> dict[str, tuple[float, float]]:
    group = kpis_.all if key is None else next(one for one in kpis_.groups if one.key == key)
    elsewhere = ("handoff_time", "unobserved_loss", "proposal_value")
    return {
        name: (figure.over, figure.of)
        for name, figure in group.figures.items()
        if figure.of and not name.startswith(elsewhere)
    }


def nonempty(figures: dict[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    return {name: pair for name, pair in figures.items() if pair[1]}


def test_every_kpi_of_all_deals_is_what_a_pencil_says(world: World) -> None:
    found = read(world, GroupBy.TEAM)
    assert found.as_of == date(2026, 6, 30)
    assert told(found) == nonempty(expected(range(1, 31)))
    figures = found.all.figures
    assert figures["overdue_close_date"].value == 8 / 19
    assert figures["stalled_amount"].value == 71_500_000  # 5 + 35 + 1.5 + 30 millions
    assert figures["stalled_amount"].of == 183_900_000
    assert figures["deal_length"].value == 215 / 4  # 60 + 60 + 50 + 45 days
    assert figures["unit_price"].value == pytest.approx(14e6 / 3)
    assert figures["time_in_stage"].value == 871 / 46  # 335 + 300 + 236 days in 21 + 16 + 9 visits
    assert figures["qualification.meddic"].value == 49 / 120
    # Fourteen proposals, four of eight are won, 4.67 million each.
    assert figures["proposal_value"].value == pytest.approx(14 * 0.5 * 14e6 / 3, abs=0.01)


def test_leads_are_what_a_pencil_says(world: World) -> None:
    figures = read(world, GroupBy.TEAM).all.figures
    # Lead 4 waited six hours, lead 5 thirty-six.
    assert (figures["handoff_time"].over, figures["handoff_time"].of) == (1.75, 2)
    # Of the leads 1 to 4 only the first has no reason.
    tags = {"": 1, ".no_budget": 2, ".other": 1, ".low_priority": 0, ".timing_unknown": 0}
    for tag, over in tags.items():
        figure = figures[f"unobserved_loss{tag}"]
        assert (figure.over, figure.of) == (over, 4), tag


def test_each_owner_and_each_team_has_their_own_and_together_they_are_all(world: World) -> None:
    by_owner = read(world, GroupBy.OWNER)
    assert {one.name for one in by_owner.groups} == {"Abe", "Sato", "Suzuki", ""}
    for owner, mine in OWNERS.items():
        key = f"{owner}@acme.example" if owner else ""
        assert told(by_owner, key) == nonempty(expected(mine)), owner
    by_team = read(world, GroupBy.TEAM)
    for team in set(TEAMS.values()):
        mine = set(chain.from_iterable(OWNERS[owner] for owner, at in TEAMS.items() if at == team))
        assert told(by_team, team) == nonempty(expected(mine)), team


def test_who_may_not_see_a_deal_does_not_see_it_in_a_sum(world: World) -> None:
    visible = Visible(frozenset({"crm:sato", "crm:abe"}))
    mine = OWNERS["sato"] | OWNERS["abe"]
    assert told(read(world, GroupBy.TEAM, visible)) == nonempty(expected(mine))
    assert told(read(world, GroupBy.OWNER, Visible(frozenset()))) == {}
    tokyo = read(world, GroupBy.PIPELINE, visible, team="tokyo")
    assert told(tokyo) == nonempty(expected(OWNERS["sato"]))
    assert [one.key for one in tokyo.groups] == ["new_business", ""]  # "" are the leads


def test_a_small_base_is_marked_and_a_rate_says_how_sure_it_is(world: World) -> None:
    figures = read(world, GroupBy.TEAM).all.figures
    assert figures["stalled"].small is False  # 20 deals
    assert figures["overdue_close_date"].small is True  # 19
    assert figures["qualification.meddic"].small is False  # 120 letters are 20 deals
    # Wilson: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n) of 4 in 20, z = 1.96
    assert figures["stalled"].low == pytest.approx(0.0807, abs=1e-4)
    assert figures["stalled"].high == pytest.approx(0.4160, abs=1e-4)
    assert figures["time_in_stage.evaluation"].value is None  # a stage that nobody has left
    assert figures["stalled"].before is None  # nobody watched four weeks ago
