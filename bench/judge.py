"""Judging a million deals in memory: the ten rules of the comparison, and the whole starter pack."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.calendar import TOKYO
from bench.measuring import figure, seconds
from stalewatch import shipped
from stalewatch.domain.calendar import Calendar
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.frame import Column, Frame
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import FieldType, RuleSet
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.needs import needs

DEALS = 1_000_000
PIECE = 32_000
TEN = Path(__file__).parent.parent / "tests" / "rules" / "bench" / "ten.yaml"


def main() -> None:
    """Deals per second and core, and how long one deal alone takes."""
    judge = Judge(rules_of(TEN.read_text()), Calendars.single(Calendar(TOKYO)))
    frames = [_deals(judge, PIECE, seed) for seed in range(DEALS // PIECE)]
    took = seconds(lambda: [judge.judge(frame) for frame in frames], turns=3)
    print(f"           ten rules: {sum(frame.size for frame in frames) / took / 1e6:.1f} M deals/s on one core")
    pack = Judge(rules_of((shipped.rules() / "default.yaml").read_text()), Calendars.single(Calendar(TOKYO)))
    many = [_deals(pack, PIECE, seed) for seed in range(DEALS // PIECE)]
    figure("the starter pack, a million deals in memory", seconds(lambda: [pack.judge(one) for one in many], turns=3))
    alone = _deals(pack, 1, 1)
    figure("the starter pack, one deal alone", seconds(lambda: pack.judge(alone), turns=50))


def rules_of(text: str) -> RuleSet:
    """The rules of a text, by the catalogue that we ship."""
    fields = load_catalogue([Source("fields.yaml", (shipped.rules() / "fields.yaml").read_text())])
    if fields.catalogue is None:
        raise SystemExit(fields.render("en"))
    loaded = load_rules([Source("bench.yaml", text)], fields.catalogue)
    if loaded.ruleset is None:
        raise SystemExit(loaded.render("en"))
    return loaded.ruleset


def _deals(judge: Judge, size: int, seed: int) -> Frame:
    """Deals with every field that the rules read, a fifth of the values missing."""
    dice = np.random.default_rng(seed)
    start, year = 1_750_000_000_000_000, 365 * 86_400_000_000
    columns: dict[str, Column] = {}
    for name in sorted(needs(judge.rules, judge.calendars)["deal"].fields):
        kind = judge.rules.catalogue.objects["deal"][name]
        present = dice.random(size) < 0.8
        match kind.type:
            case FieldType.DATETIME:
                values = dice.integers(start, start + year, size)
            case FieldType.DATE:
                values = dice.integers(20_000, 20_500, size)
            case FieldType.CHOICE:
                values = dice.integers(0, len(kind.values), size).astype(np.int32)
            case FieldType.BOOL:
                values, present = np.ones(size, np.bool_), np.ones(size, np.bool_)
            case FieldType.INT | FieldType.MONEY:
                values = dice.integers(0, 10 if kind.type is FieldType.INT else 50_000_000, size).astype(np.float64)
            case _:
                values = np.zeros(0, np.object_)
        columns[name] = Column(values, present)
    return Frame(object="deal", size=size, columns=columns)
