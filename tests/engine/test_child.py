"""The engine's process as `serve` keeps it: it is started again when it dies, and ended when `serve` ends."""

from __future__ import annotations

import os
import signal
import sys
import time
from threading import Event
from typing import cast

import psutil
import pytest

from stalewatch.engine import child
from stalewatch.engine.__main__ import begin
from stalewatch.engine.child import EngineProcess
from stalewatch.engine.embedded import Embedded
from stalewatch.services.operating.faults import DatabaseBusy
from tests.patience import soon

OBEDIENT = "import sys; sys.stdin.read()"
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"


def process(script: str) -> EngineProcess:
    return EngineProcess([], command=(sys.executable, "-c", script))


def test_an_engine_that_dies_is_started_again_and_says_so_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "FIRST_WAIT", 0.3)
    engine = process(OBEDIENT)
    engine.start()
    first = engine.pid
    assert first is not None
    assert engine.trouble() is None
    os.kill(first, signal.SIGKILL)
    assert soon(engine.trouble)
    assert "SIGKILL" in str(engine.trouble())
    assert soon(lambda: engine.pid not in (None, first))
    assert soon(lambda: engine.trouble() is None)
    second = engine.pid
    engine.stop()
    assert second is not None
    assert not psutil.pid_exists(second)


def test_an_engine_that_cannot_start_is_tried_ever_more_rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "FIRST_WAIT", 0.05)
    monkeypatch.setattr(child, "LONGEST_WAIT", 0.4)
    engine = process("raise SystemExit(1)")
    engine.start()
    assert soon(lambda: "exit status 1" in (engine.trouble() or ""))
    engine.stop()


def test_an_engine_that_does_not_end_is_made_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "PATIENCE", 0.3)
    engine = process(STUBBORN)
    engine.start()
    time.sleep(0.5)
    pid = engine.pid
    engine.stop()
    assert pid is not None
    assert not psutil.pid_exists(pid)


class Held:
    """An engine whose database is held by somebody the first times that it begins."""

    def __init__(self, times: int) -> None:
        self.times, self.began = times, 0

    def start(self) -> None:
        self.began += 1
        if self.began <= self.times:
            raise DatabaseBusy("another process holds the database")


def test_an_engine_that_finds_the_database_held_waits_and_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stalewatch.engine.__main__.PAUSE", 0.01)
    engine = Held(2)
    begin(cast("Embedded", engine), Event())
    assert engine.began == 3


def test_an_engine_that_waits_for_the_database_can_be_told_to_end() -> None:
    ending = Event()
    ending.set()
    engine = Held(10**9)
    begin(cast("Embedded", engine), ending)
    assert engine.began == 0
