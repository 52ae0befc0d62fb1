"""stalewatch.yaml: the one file that says what this installation watches, whom it tells, and when."""

from __future__ import annotations

from stalewatch.settings.connections import Offered
from stalewatch.settings.loading import Loaded, load
from stalewatch.settings.project import CalendarSpecs, Connecting, Settings

__all__ = ["CalendarSpecs", "Connecting", "Loaded", "Offered", "Settings", "load"]
