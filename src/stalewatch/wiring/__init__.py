"""Puts the machine together: the one place where settings, database, rules, plugins and the clock meet."""

from __future__ import annotations

from stalewatch.wiring.checking import BrokenProject, Examined, examine, installed, read_settings
from stalewatch.wiring.project import CONSOLE, Stalewatch, clock_at, doctor, known_lists, open_project

__all__ = [
    "CONSOLE",
    "BrokenProject",
    "Examined",
    "Stalewatch",
    "clock_at",
    "doctor",
    "examine",
    "installed",
    "known_lists",
    "open_project",
    "read_settings",
]
