"""Writing files of the user's: wholly or not at all, and with the permissions they had."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Final

_NEW: Final = 0o644


def save(path: Path, text: str) -> None:
    """Put a text in the place of a file in one step; a reader sees the old one or the new one.

    A link stays one: what it leads to is replaced.

    Raises:
        OSError: it cannot be written; the old file is as it was.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(target.stat().st_mode & 0o7777 if target.exists() else _NEW)
        Path(name).replace(target)
    finally:
        Path(name).unlink(missing_ok=True)  # gone already, unless something failed
