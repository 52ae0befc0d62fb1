"""What holds for every test: the network is closed, files lie in memory where there is room, and PostgreSQL is there or
its absence is announced."""

from __future__ import annotations

import os
import platform
import shutil
import tempfile
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from tests import network, postgres
from tests.web.browser import chromium

pytest_plugins = ["tests.databases", "tests.fuzzing", "tests.turns"]

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - Linux's own folder in memory; what lies in it is made by mkdtemp
_ROOM: Final = 4 * 1024**3
"""Bytes that have to be free there: SQLite waits for the disk with every transaction, and stories make thousands."""

_LEFT_OPEN: Final = "left open by"

settings.register_profile("house", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")  # a machine that is busy, or counts branches, says nothing of a law


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--every-database", action="store_true", help="tell every story on SQLite and on PostgreSQL, not on one of them"
    )
    parser.addoption("--figures", type=Path, help="write figures that tests took, and failures, here as they come")


@pytest.hookimpl(optionalhook=True)  # without xdist nobody asks
def pytest_xdist_auto_num_workers() -> int:
    """What `-n auto` means: a worker more than processors, for every third story waits for a process of its own."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    network.close()
    if not _is_worker(config):
        if config.option.figures is not None:
            config.pluginmanager.register(Diary(config.option.figures))
        postgres.reserve()
        if config.option.basetemp is None and _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM:
            config.option.basetemp = tempfile.mkdtemp(prefix="stalewatch-tests-", dir=_MEMORY)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not _is_worker(config):
        postgres.stop()
        given = Path(config.option.basetemp or "")
        if given.parent == _MEMORY and given.name.startswith("stalewatch-tests-"):
            shutil.rmtree(given, ignore_errors=True)


class Diary:
    """What a long run has found so far, in a file: whoever ends it in the middle keeps that."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.write_text(f"{platform.platform()}\n", encoding="utf-8")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test is through with a phase."""
        lines = [str(value) for name, value in report.user_properties if name == "figures" and report.when == "call"]
        lines += [f"FAILED {report.nodeid} ({report.when})\n{report.longreprtext}"] if report.failed else []
        with self._path.open("a", encoding="utf-8") as diary:
            diary.writelines(f"{line}\n" for line in lines)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that tests took; say which PostgreSQL was tested, and loudly what could not be."""
    reports = [report for kind in ("passed", "failed", "skipped") for report in terminalreporter.getreports(kind)]
    versions = {value for report in reports for name, value in report.user_properties if name == "postgresql"}
    figures = [str(value) for report in reports for name, value in report.user_properties if name == "figures"]
    for line in figures:
        terminalreporter.write_line(line)
    if versions:
        terminalreporter.write_line(f"tested on PostgreSQL {', '.join(sorted(versions))}")
    _tell_what_was_left_behind(terminalreporter)
    _announce(terminalreporter, reports, postgres.MISSING, "POSTGRESQL WAS NOT TESTED")
    _announce(terminalreporter, reports, chromium.MISSING, "NO PAGE WAS LOOKED AT IN A BROWSER")


def _tell_what_was_left_behind(terminal: pytest.TerminalReporter) -> None:
    """Name what nobody closed: the test that such an error is shown at only came after the one that left it."""
    reports = [*terminal.getreports("failed"), *terminal.getreports("error")]
    told = (line.removeprefix("E").strip() for report in reports for line in report.longreprtext.splitlines())
    for line in sorted({line for line in told if "ResourceWarning" in line or "Exception ignored in" in line}):
        terminal.write_line(f"left behind by an earlier test: {line}", red=True)
    for test in sorted({value for report in reports for name, value in report.user_properties if name == _LEFT_OPEN}):
        terminal.write_line(f"made in {test}", red=True)


def _announce(terminal: pytest.TerminalReporter, reports: Sequence[pytest.TestReport], why: str, title: str) -> None:
    """Say loudly which tests were skipped for this reason, if any were."""
    missed = [report.nodeid for report in reports if report.skipped and why in str(report.longrepr)]
    if missed:
        terminal.section(title, red=True, bold=True)
        terminal.write_line(f"not run: {len(missed)} tests, for there is {why}")
        for file, tests in groupby(sorted(missed), lambda node: node.partition("::")[0]):
            terminal.write_line(f"  {file}: {sum(1 for _ in tests)}")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
