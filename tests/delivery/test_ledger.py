"""The tests' own notifier keeps the contract, and a process of its own finds it by name."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from stalewatch.sdk.notifier import NotifierSettings
from stalewatch.sdk.testing import NotifierContract
from tests.delivery.ledger import LedgerNotifier, connect, entries, install


def ledger(path: Path) -> LedgerNotifier:
    return connect(
        NotifierSettings(options={"path": path.name}, base=path.parent, now=lambda: datetime(2025, 11, 20, tzinfo=UTC))
    )


class TestContract(NotifierContract):
    @pytest.fixture(autouse=True)
    def _one_side(self, tmp_path: Path) -> None:
        self.path = tmp_path / "ledger.jsonl"

    def notifier(self) -> LedgerNotifier:
        return ledger(self.path)

    def broken(self) -> LedgerNotifier:
        return ledger(self.path.parent / "no such folder" / "ledger.jsonl")

    def arrivals(self, delivery: str) -> int:
        return sum(line["delivery"] == delivery for line in entries(self.path))


def test_another_process_finds_it_by_its_name(tmp_path: Path) -> None:
    install(tmp_path)
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from stalewatch import plugins;"
        " print(plugins.notifier('ledger').__module__)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "ledger_notifier"
