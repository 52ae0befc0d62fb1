"""`reviews:` and `forecast:`: where a review is posted, and what a deal counts for."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalewatch.domain.forecasting import USUAL
from stalewatch.domain.reviewing import Every, Posting
from stalewatch.settings.loading import Loaded, load

TEAMS = 'teams: {tokyo: {channel: "#sales-tokyo"}}\n'


def loaded(folder: Path, text: str) -> Loaded:
    (folder / "rules").mkdir(exist_ok=True)
    (folder / "stalewatch.yaml").write_text(f"stalewatch: 1\n{text}\n")
    return load(folder / "stalewatch.yaml", {})


def test_nothing_is_posted_and_usual_weights_count_where_nothing_is_said(tmp_path: Path) -> None:
    for text in ("", "reviews:\nforecast:\n"):
        settings = loaded(tmp_path, text).settings
        assert settings is not None
        assert settings.reviews == {}
        assert settings.judging.forecast.weights == USUAL


def test_what_is_said_is_read(tmp_path: Path) -> None:
    weekly = '{channel: "#sales", day: tue, at: "08:30", teams: [tokyo]}'
    text = (
        f'{TEAMS}reviews: {{weekly: {weekly}, monthly: {{channel: "#board"}}}}\nforecast: {{weights: {{commit: 75%}}}}'
    )
    settings = loaded(tmp_path, text).settings
    assert settings is not None
    assert settings.reviews == {
        Every.WEEKLY: Posting(channel="#sales", teams=("tokyo",), weekday=1, minute=8 * 60 + 30),
        Every.MONTHLY: Posting(channel="#board"),
    }
    assert settings.judging.forecast.weights == {"commit": 75, "best_case": 50, "pipeline": 20}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("reviews: {daily: {}}", "one of: weekly, monthly"),
        ("reviews: {weekly: {day: someday}}", "someday"),
        ("reviews: {weekly: {at: 25:00}}", "not a time of day"),
        ("reviews: {weekly: {teams: [osaka]}}", "osaka"),
        ("reviews: {monthly: {day: mon}}", "unknown key"),
        ("forecast: {weights: {commit: 120%}}", "not a share"),
        ("forecast: {weights: {hope: 10%}}", "unknown key"),
    ],
)
def test_what_is_wrong_is_shown_with_its_place(tmp_path: Path, wrong: str, said: str) -> None:
    found = loaded(tmp_path, TEAMS + wrong)
    assert found.settings is None
    assert said in found.render("en")
