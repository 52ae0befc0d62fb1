"""Judging a million deals: the ten rules beside other engines, the starter pack with calendars and waits, one deal."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench import deals
from bench.calendar import TOKYO
from bench.environments import NotInstalled, playing
from bench.measuring import Seconds, figure, rate, say, seconds, spent
from stalewatch import shipped
from stalewatch.domain.branchless import constant
from stalewatch.domain.calendar import Calendar, Spec
from stalewatch.domain.calendars import Calendars
from stalewatch.domain.clocks import Judge
from stalewatch.domain.deadlines import State
from stalewatch.domain.frame import Frame
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Compare, FieldType, Literal, Ref, RuleSet
from stalewatch.domain.language.nodes import Source

DEALS, PIECE = 1_000_000, 50_000
TEN = Path(__file__).parent.parent / "tests" / "rules" / "bench" / "ten.yaml"
NEW_YORK = Spec(
    name="new_york", zone="America/New_York", opens=540, closes=1050, days=frozenset(range(5)), holidays="US"
)
TURNS = 5
PEERS: Final = {
    "zen": 10_000, "datalogic": 100_000, "business_rules": 10_000, "rule_engine": 4_000, "cel": 300,
    "duckdb": DEALS, "polars": DEALS,
}  # fmt: skip
"""Each peer with the deals it judges in a turn: a sample for those that would need minutes for all."""


def main() -> None:
    """Deals per second of one processor, side by side, and how long the starter pack takes."""
    ten_rules()
    starter_pack()


def ten_rules() -> None:
    """The ten rules: from columns to which of them are breached, which every peer must answer alike."""
    judge = Judge(rules_of(TEN.read_text()), Calendars.single(Calendar(TOKYO)))
    frames = [deals.frame(judge, PIECE, seed) for seed in range(DEALS // PIECE)]
    answers = np.concatenate([breached(judge, frame) for frame in frames])
    took = spent(lambda: [judge.judge(frame) for frame in frames], TURNS)
    say(f"           ten rules, to deadlines: {rate(DEALS, took)}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "deals.npz"
        stages = judge.rules.catalogue.objects["deal"]["stage"].values
        deals.write_columns(frames, judge.calendars.default, stages, path)
        for peer, size in PEERS.items():
            _beside(peer, path, judge, frames, answers[:size])


def _beside(peer: str, path: Path, judge: Judge, frames: Sequence[Frame], expected: NDArray[np.int16]) -> None:
    """Both in turn; a peer's answers must be ours, deal by deal."""
    size = len(expected)
    try:
        with playing(peer, path, size) as (answers, turn):
            assert np.array_equal(answers, expected), f"{peer} answers otherwise"
            pairs = [(spent(lambda: [breached(judge, frame) for frame in frames], 1), turn()) for _ in range(TURNS)]
    except NotInstalled as reason:
        say(f"           {peer}: not measured, it could not be installed here ({reason})")
        return
    ours, theirs = Seconds([one.median for one, _ in pairs]), Seconds([other for _, other in pairs])
    ratio = (theirs.median / size) / (ours.median / DEALS)
    both = f"{rate(DEALS, ours)} against {rate(size, theirs)}"
    times = f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"
    say(f"{times:>8}x  ten rules, to answers: {both} ({peer}, {size:,} deals)")


def breached(judge: Judge, frame: Frame) -> NDArray[np.int16]:
    """Per deal a number with a bit for each rule that is breached now."""
    now = constant(deals.NOW, frame.size, np.int64)
    bits = np.zeros(frame.size, np.int16)
    for number, verdict in enumerate(judge.judge(frame)):
        bits += np.multiply(verdict.deadlines.state(now) == int(State.BREACHED), 1 << number, dtype=np.int16)
    return bits


def starter_pack() -> None:
    """All rules of the starter pack: two calendars chosen by team, waits, changes and events."""
    by_team = Compare("==", Ref("team", FieldType.TEXT), Literal("us_sales", FieldType.TEXT))
    calendars = Calendars(((by_team, Calendar(NEW_YORK)), (None, Calendar(TOKYO))))
    judge = Judge(rules_of((shipped.rules() / "default.yaml").read_text()), calendars)
    frames = [deals.frame(judge, PIECE, seed) for seed in range(DEALS // PIECE)]
    took = spent(lambda: [judge.judge(frame) for frame in frames], 3)
    say(
        f"           the starter pack, a million deals in memory: {took.least:.2f}-{took.median:.2f} s of one processor"
    )
    alone = deals.frame(judge, 1, 1)
    figure("the starter pack, one deal alone", seconds(lambda: judge.judge(alone), turns=201))


def rules_of(text: str) -> RuleSet:
    """The rules of a text, by the catalogue that we ship."""
    fields = load_catalogue([Source("fields.yaml", (shipped.rules() / "fields.yaml").read_text())])
    if fields.catalogue is None:
        raise SystemExit(fields.render("en"))
    loaded = load_rules([Source("bench.yaml", text)], fields.catalogue)
    if loaded.ruleset is None:
        raise SystemExit(loaded.render("en"))
    return loaded.ruleset
