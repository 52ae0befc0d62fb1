"""A pytest plugin for runs of which there are thousands: the quickest tests first, few examples, one database file."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import Final

import pytest
import sqlalchemy as sa
from hypothesis import settings

_FOLDER: Final = Path(os.environ["STALEWATCH_MUTATION"])
_TIMES: Final = _FOLDER / "times.json"
_NOTES: Final = os.environ.get("MUTANT_UNDER_TEST") == "stats"
_took: Final[dict[str, float]] = {}

settings.register_profile("mutation", max_examples=25, derandomize=True, deadline=None, database=None)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    settings.load_profile("mutation")
    config.option.basetemp = tempfile.mkdtemp(prefix="run-", dir=_FOLDER)


def pytest_configure() -> None:
    from tests import databases  # not before pytest has read it itself

    databases._migrate = _copied


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.option.basetemp, ignore_errors=True)


def _copied(url: str) -> None:
    """The schema as it was made once: to migrate takes longer than most of these tests."""
    shutil.copyfile(_FOLDER / "template.db", str(sa.make_url(url).database))


def pytest_runtest_setup() -> None:
    """While it is noted which test comes past what: what one left in a cache would hide that the next one needs it."""
    if _NOTES:
        for name, module in list(sys.modules.items()):
            if name.startswith("tests."):
                for kept in list(vars(module).values()):
                    if isinstance(kept, _lru_cache_wrapper):
                        kept.cache_clear()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if _TIMES.exists():
        times = json.loads(_TIMES.read_text(encoding="utf-8"))
        items.sort(key=lambda item: times.get(item.nodeid, 0))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _took[report.nodeid] = _took.get(report.nodeid, 0) + report.duration


def pytest_sessionfinish() -> None:
    if _NOTES:
        _TIMES.write_text(json.dumps(_took), encoding="utf-8")
