"""The demo's project: it opens, its rules can be judged, its secrets are nobody else's, and it reads both CRMs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from stalewatch import wiring
from stalewatch.sdk.connector import Level
from stalewatch_sandbox.company import Simulated, simulated
from stalewatch_sandbox.project import DEMO_AT, write_demo_project
from stalewatch_sandbox.staff import Language
from tests.sandbox.worlds import SMALL


@pytest.fixture(scope="module")
def acme() -> Iterator[Simulated]:
    with simulated(DEMO_AT, size=SMALL) as company:
        yield company


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_project_has_no_fault_and_needs_no_variable(tmp_path: Path, acme: Simulated, language: Language) -> None:
    config = write_demo_project(tmp_path, acme, language=language, public_url="http://127.0.0.1:8080")
    examined = wiring.examine(config, DEMO_AT, {})
    assert examined.checked.diagnostics == ()
    assert examined.settings is not None
    assert examined.settings.web.public_url == "http://127.0.0.1:8080"
    assert examined.settings.links.company["ja"] == "アクメ株式会社"
    assert len(str(examined.settings.secrets["key"])) > 32  # so that a loss check can be answered in the demo, too
    assert examined.rulebook is not None
    assert {mode.value for mode in examined.rulebook.modes.values()} == {"live"}
    assert len(examined.rulebook.by_id) > 15


def test_secrets_are_in_files_that_nobody_else_can_read(tmp_path: Path, acme: Simulated) -> None:
    config = write_demo_project(tmp_path, acme)
    written = config.read_text("utf-8")
    assert [secret for secret in acme.environment().values() if secret in written] == []
    kept = sorted((tmp_path / "secrets").iterdir())
    assert [path.read_text("utf-8") for path in kept] == [
        acme.environment()[path.name.upper()] for path in kept
    ]  # fmt: skip
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}


def test_both_crms_can_be_reached_with_what_it_says(tmp_path: Path, acme: Simulated) -> None:
    with closing(wiring.open_project(write_demo_project(tmp_path, acme), now=DEMO_AT, env={})) as app:
        findings = [finding for one in ("sf", "hs") for finding in app.connector(one).check()]
    assert [finding for finding in findings if finding.level is Level.ERROR] == []
    assert findings, "both were asked"


def test_the_demo_is_news_of_a_business_morning() -> None:
    assert (DEMO_AT.weekday(), DEMO_AT.hour, DEMO_AT.utcoffset()) == (2, 9, timedelta(hours=9))
