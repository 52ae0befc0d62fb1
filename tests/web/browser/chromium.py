"""The Chromium of this machine, and what it is told so that it asks nobody for anything."""

from __future__ import annotations

import shutil
from typing import Final

MISSING: Final = "no Chromium to test with"
QUIETLY: Final = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)


def program() -> str | None:
    """Where it is; None where there is none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
