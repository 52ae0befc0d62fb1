"""Whatever could not be tested on a machine is said loudly at the end of a run, test by test file."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

from tests import postgres
from tests.conftest import pytest_terminal_summary
from tests.web.browser import chromium


def ended(config: pytest.Config, *skipped: tuple[str, str]) -> str:
    """What a run ends with whose tests were skipped: (test, why)."""
    paper = io.StringIO()
    terminal = TerminalReporter(config, paper)
    for node, why in skipped:
        place = ("tests/conftest.py", 1, f"Skipped: {why}")
        report = pytest.TestReport(node, ("", 0, ""), {}, outcome="skipped", longrepr=place, when="setup")
        terminal.stats.setdefault("skipped", []).append(report)
    pytest_terminal_summary(terminal)
    return paper.getvalue()


def test_tests_without_a_browser_are_named_by_their_files(pytestconfig: pytest.Config) -> None:
    said = ended(
        pytestconfig,
        *(
            ("tests/web/browser/test_walk_through.py::test_a", chromium.MISSING),
            ("tests/b.py::test_c", "another reason"),
        ),
        *(("tests/web/browser/test_public.py::test_b", chromium.MISSING), ("tests/b.py::test_d", postgres.MISSING)),
    )
    assert "NO PAGE WAS LOOKED AT IN A BROWSER" in said
    assert "not run: 2 tests, for there is no Chromium to test with" in said
    assert "tests/web/browser/test_public.py: 1" in said
    assert "POSTGRESQL WAS NOT TESTED" in said
    assert "another reason" not in said


def test_nothing_is_announced_where_all_was_run(pytestconfig: pytest.Config) -> None:
    assert ended(pytestconfig, ("tests/b.py::test_c", "another reason")) == ""


def test_a_browser_is_found_where_the_system_has_it_and_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.program() is None
    (tmp_path / "chromium").touch(mode=0o755)
    assert chromium.program() == str(tmp_path / "chromium")
