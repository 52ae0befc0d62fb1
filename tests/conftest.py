"""What holds for every test: the network is closed, and PostgreSQL is there or its absence is announced."""

from __future__ import annotations

import pytest

from tests import network, postgres

pytest_plugins = ["tests.databases"]


def pytest_configure(config: pytest.Config) -> None:
    network.close()
    if not _is_worker(config):
        postgres.reserve()


def pytest_unconfigure(config: pytest.Config) -> None:
    if not _is_worker(config):
        postgres.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the figures that tests took; say which PostgreSQL was tested, or loudly that none was."""
    reports = [report for kind in ("passed", "failed", "skipped") for report in terminalreporter.getreports(kind)]
    versions = {value for report in reports for name, value in report.user_properties if name == "postgresql"}
    missed = [report for report in reports if report.skipped and postgres.MISSING in str(report.longrepr)]
    for figures in (value for report in reports for name, value in report.user_properties if name == "figures"):
        terminalreporter.write_line(f"{figures}")
    if versions:
        terminalreporter.write_line(f"tested on PostgreSQL {', '.join(sorted(versions))}")
    if missed:
        terminalreporter.section("POSTGRESQL WAS NOT TESTED", red=True, bold=True)
        terminalreporter.write_line(f"{len(missed)} tests were skipped: {missed[0].longrepr[2]}")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
