"""`rules test --mutate` on the packs that travel with the program, and on a test file that holds on to nothing."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from stalewatch import shipped
from stalewatch.services.rules.mutation import Mutation, mutate
from stalewatch.services.rules.rule_tests import run_tests

TODAY = date(2026, 4, 15)
SUITE = Path(__file__).parents[1] / "rules" / "tests"


def mutated(*paths: Path, heard: list[tuple[str, int]] | None = None) -> Mutation:
    outcome = run_tests(paths, None, TODAY)
    assert (outcome.failures, outcome.diagnostics) == ([], [])
    return mutate(outcome, None, TODAY, lambda file, count: (heard if heard is not None else []).append((file, count)))


def test_every_number_of_the_four_packs_is_held_by_the_packs_own_tests() -> None:
    """Asked for are 95 % in every pack."""
    assert len(run_tests([shipped.rules()], None, TODAY).untested) == 0
    found = mutated(shipped.rules())
    assert found.missed == []
    assert found.tried > 150


def test_what_one_test_file_misses_another_may_notice() -> None:
    alone = mutated(SUITE / "episodes.test.yaml")
    assert 0 < alone.percent < 50
    both = mutated(SUITE / "episodes.test.yaml", SUITE / "default.test.yaml")
    assert both.tried == alone.tried
    assert both.noticed > alone.noticed


def test_a_test_that_looks_away_notices_nothing(tmp_path: Path) -> None:
    (tmp_path / "leads.yaml").write_text((shipped.rules() / "leads.yaml").read_text("utf-8"), "utf-8")
    idle = tmp_path / "idle.test.yaml"
    idle.write_text(
        "stalewatch_test: 1\nrules: [leads.yaml]\ntests:\n  - name: a lead that was not handed off\n"
        "    given: {lead: {created_at: 2026-04-01 09:00}}\n"
        "    expect: [{at: 2026-04-02 09:00, rule: lead-first-touch, state: not_applicable}]\n"
    )
    heard: list[tuple[str, int]] = []
    found = mutated(idle, heard=heard)
    assert (found.noticed, found.percent) == (0, 0)
    assert [(missed.old, missed.values, missed.rules) for missed in found.missed][:2] == [
        ("1bd", ("0bd", "2bd"), ("lead-handed-off-unqualified",)),
        ("50", ("25", "51"), ("lead-handed-off-unqualified",)),
    ]
    assert heard[-1][1] == found.tried


def test_rules_without_a_number_are_all_held(tmp_path: Path) -> None:
    empty = tmp_path / "none.test.yaml"
    empty.write_text("stalewatch_test: 1\nrules: []\ntests: []\n")
    assert mutated(empty).percent == 100
