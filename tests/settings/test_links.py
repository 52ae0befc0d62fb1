"""`links:`, the links that people outside get."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalewatch.domain.durations import Duration, Unit
from stalewatch.settings.loading import Loaded, load
from stalewatch.settings.project import Linking


def loaded(folder: Path, text: str) -> Loaded:
    path = folder / "stalewatch.yaml"
    path.write_text(f"stalewatch: 1\n{text}\n", encoding="utf-8")
    (folder / "rules").mkdir(exist_ok=True)
    return load(path, {})


def test_without_it_links_are_good_for_a_month_and_for_a_year(tmp_path: Path) -> None:
    for text in ("", "links:"):
        settings = loaded(tmp_path, text).settings
        assert settings is not None
        assert settings.links == Linking(
            company={}, loss_check=Duration(30, Unit.DAY), partner=Duration(365, Unit.DAY)
        )  # fmt: skip


@pytest.mark.parametrize(
    ("written", "company"),
    [("Acme", {"en": "Acme", "ja": "Acme"}), ("{en: Acme, ja: アクメ}", {"en": "Acme", "ja": "アクメ"})],
)
def test_a_company_has_one_name_or_one_in_each_language(tmp_path: Path, written: str, company: dict[str, str]) -> None:
    settings = loaded(tmp_path, f"links: {{company: {written}, loss_check: 10bd, partner: 2w}}").settings
    assert settings is not None
    assert settings.links.company == company
    assert settings.links.loss_check == Duration(10, Unit.BUSINESS_DAY)


@pytest.mark.parametrize("wrong", ["{company: [Acme]}", "{loss_check: soon}", "{loss_check: 0d}", "{life: 30d}", "30d"])
def test_what_it_does_not_understand_it_says(tmp_path: Path, wrong: str) -> None:
    found = loaded(tmp_path, f"links: {wrong}")
    assert found.settings is None
    assert "stalewatch.yaml:2" in found.render("en")
