"""What OpenAPI says of the forecast and of the unobserved losses, by example."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from stalewatch.services.measuring.review_told import (
    BroughtTold,
    DealTold,
    FigureTold,
    IdleTold,
    MovedTold,
    PatchTold,
    PersonTold,
    ReviewTold,
    RuleTold,
    TeamTold,
)
from stalewatch.services.measuring.told import (
    EndTold,
    ForecastTold,
    GroupTold,
    LineTold,
    LostLead,
    RestingTold,
    TallyTold,
    UnobservedTold,
    WeekTold,
    WeightsTold,
    WorthTold,
)
from stalewatch.services.reporting.effect_told import EffectTold, SureRate

_ALL: Final = WorthTold(9, 3_000_000.0, 2_000_000.0, 0, 0)
_LATE: Final = WorthTold(2, 800_000.0, 500_000.0, 0, 0)
_REST: Final = WorthTold(7, 2_200_000.0, 1_500_000.0, 0, 0)
_NONE: Final = WorthTold(0, 0.0, 0.0, 0, 0)
_AGES: Final = {"0-7": _LATE, "8-14": _NONE, "15-30": _NONE, "31+": _NONE}
_DEAL: Final = RestingTold(
    id="sf:0065e00001AbCdE", object="deal", name="Acme renewal", connection="sf", owner_name="Sato",
    owner_email="sato@acme.example", team="tokyo", pipeline="new_business", stage="proposal", category="best_case",
    amount=800_000.0, weight=50, source="forecast_category", weighted=400_000.0, close_date="2026-05-29",
    url="https://acme.my.salesforce.com/0065e00001AbCdE", days_late=6, rules=("No next meeting",),
)  # fmt: skip
_FORECAST: Final = ForecastTold(
    headline="¥500K of the ¥2M forecast rests on 2 stalled deals", currency="JPY", period=None,
    total=LineTold("all", _ALL, _LATE, _REST, _AGES), by_category=(LineTold("best_case", _ALL, _LATE, _REST, _AGES),),
    by_period=(LineTold("2026-Q2", _ALL, _LATE, _REST, _AGES),), left_out=_NONE,
    weights=WeightsTold(None, {"commit": 90, "best_case": 50, "pipeline": 20}, {}),
    weeks=(WeekTold("2026-04-12", _ALL, _LATE),), items=(_DEAL,), more=True, waiting=(),
    as_of="2026-04-15T00:00:00+00:00", data_age_seconds=240,
)  # fmt: skip
_TALLY: Final = TallyTold(entered=100, deals=31, open=31, ended=38, unobserved=21, unreadable=0, share=0.21)
_LEAD: Final = LostLead(
    id="sf:00Q5e00001AbCdE", name="Mori Kei", connection="sf", owner_name="Sato", owner_email="sato@acme.example",
    team="tokyo", source="Web", status="mql", ending="quiet", entered_at="2026-02-03T10:00:00+09:00",
    heard_at="2026-02-06T15:00:00+09:00", url="https://acme.my.salesforce.com/00Q5e00001AbCdE",
)  # fmt: skip
_UNOBSERVED: Final = UnobservedTold(
    headline="21 of 100 leads vanished, and nobody noted why", frm="2026-01-16", to="2026-04-15", all=_TALLY,
    reasons={"no_budget": 17, "none": 21}, endings={"quiet": EndTold(20, 15), "disqualified": EndTold(18, 6)},
    by_source=(GroupTold("Web", "Web", _TALLY),), by_owner=(GroupTold("sato@acme.example", "Sato", _TALLY),),
    by_team=(GroupTold("tokyo", "tokyo", _TALLY),), by_month=(GroupTold("2026-02", "2026-02", _TALLY),),
    items=(_LEAD,), next=None, total=21, waiting=(), as_of="2026-04-15T00:00:00+00:00", data_age_seconds=240,
)  # fmt: skip

_RATE: Final = FigureTold("no_next_meeting", 0.18, 34.0, 189.0, 0.24, small=False)
_MOVED: Final = MovedTold(
    12, 31_000_000.0, 9,
    (DealTold("sf:0065e00001AbCdE", "deal", "Acme renewal", "Sato", 800_000.0, "2026-04-09T18:00:00+09:00"),),
)  # fmt: skip
_PATCH: Final = """  # open-too-long (default.yaml, line 40)
    within:
      - {is: 88d}   # now 60d; 88 (83-95), won 412, lost 290, open 133"""
_REVIEW: Final = ReviewTold(
    headline="12 deals went quiet this week, 7 came back",
    sentences=("¥500K of the ¥2M forecast rests on 2 stalled deals",), period="weekly", of="2026-W15",
    frm="2026-04-06", to="2026-04-12", team=None, currency="JPY", figures=(_RATE,), figures_of="2026-04-12",
    quiet=_MOVED, back=_MOVED, worst=(_DEAL,), rules=(RuleTold("no-next-meeting", "No next meeting", 12, 2, 1),),
    teams=(TeamTold("tokyo", {"no_next_meeting": _RATE}),), forecast=_ALL, forecast_stalled=_LATE, unobserved=_TALLY,
    needs_help=(PersonTold("Sato", "sato@acme.example", "tokyo", 5, 31_000_000.0),),
    effects=(BroughtTold(
        "no-next-meeting", "No next meeting",
        EffectTold(enough=False, told=131, held_out=12, needed=200, acted=None, recovered=None),
    ),),
    idle=(IdleTold("no-agenda", "No agenda", SureRate(1, 34, 0.0294, (0.0052, 0.1492)), 'modes: {no-agenda: "off"}'),),
    limits=(PatchTold("open-too-long", "Open too long", 1, _PATCH),),
    as_of="2026-04-15T00:00:00+00:00", data_age_seconds=240,
)  # fmt: skip


def _told(name: str, description: str, example: msgspec.Struct) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {
        "description": description,
        "content": {
            "application/json": {"schema": schema, "example": msgspec.to_builtins(example)},
            "text/csv": {"schema": {"type": "string"}},
        },
    }


FORECAST: Final = _told(
    "ForecastTold",
    "The forecast with and without stalled deals; for `Accept: text/csv` the stalled deals that it counts.",
    _FORECAST,
)
UNOBSERVED: Final = _told(
    "UnobservedTold",
    "What became of the leads; for `Accept: text/csv` those that vanished without a reason.",
    _UNOBSERVED,
)
REVIEW: Final[dict[str, Any]] = {
    "description": "The review of a week or a month.",
    "content": {
        "application/json": {
            "schema": {"$ref": "#/components/schemas/ReviewTold"},
            "example": msgspec.to_builtins(_REVIEW),
        }
    },
}
