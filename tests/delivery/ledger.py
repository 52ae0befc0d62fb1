"""A notifier for tests that keeps a ledger on disk: what was sent survives the process that sent it.

`install` makes it an installed package with its entry point, so that a real process finds it by the name
`ledger`. Each line of the ledger is one message that arrived; nothing in it is ever rewritten.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from stalewatch.sdk.errors import NotAccepted
from stalewatch.sdk.notifier import (
    Message,
    Notifier,
    NotifierSettings,
    Outcome,
    Receipt,
    Settled,
)


def connect(settings: NotifierSettings) -> LedgerNotifier:
    """The notifier that writes to the option `path`, relative to the configuration."""
    return LedgerNotifier(settings.base / settings.options["path"], settings.now)


class LedgerNotifier(Notifier):
    """Appends every message as one line, in one write, and calls it sent once the disk has it."""

    type: ClassVar[str] = "ledger"

    def __init__(self, path: Path, now: Callable[[], datetime]) -> None:
        self._path, self._now = path, now

    def send(self, message: Message) -> Receipt:
        """Write one line.

        Raises:
            NotAccepted: the ledger cannot be opened.
        """
        line = json.dumps({"sent_at": self._now().isoformat(), **asdict(message)}, ensure_ascii=False)
        try:
            ledger = os.open(self._path, os.O_APPEND | os.O_CREAT | os.O_WRONLY, 0o600)
        except OSError as error:
            raise NotAccepted(f"the ledger cannot be opened: {error}", where=str(self._path)) from error
        try:
            os.write(ledger, f"{line}\n".encode())
            os.fsync(ledger)
        finally:
            os.close(ledger)
        return Receipt(at=self._now(), handle={"delivery": message.delivery})

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Look the delivery up in the ledger."""
        for line in entries(self._path):
            if line["delivery"] == delivery:
                at = datetime.fromisoformat(line["sent_at"])
                return Settled(outcome=Outcome.ARRIVED, receipt=Receipt(at=at, handle={"delivery": delivery}))
        return Settled(outcome=Outcome.ABSENT)


def entries(path: Path) -> list[dict[str, Any]]:
    """Every message of a ledger, oldest first; none if there is no ledger yet."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


def install(site: Path) -> None:
    """Put this notifier into `site` (a folder on the path of the process to be tested) as a package."""
    package = site / "ledger_notifier.py"
    package.write_text(Path(__file__).read_text(encoding="utf-8"), encoding="utf-8")
    about = site / "ledger_notifier-1.0.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ledger-notifier\nVersion: 1.0\n", "utf-8")
    (about / "entry_points.txt").write_text("[stalewatch.notifiers]\nledger = ledger_notifier:connect\n", "utf-8")
