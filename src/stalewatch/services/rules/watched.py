"""What a running process looks at to see that rules were saved: the texts themselves, not their dates.

A few dozen small files are read in a millisecond, and no file system, editor or clock can fool their contents: a
file that is renamed into place, a folder that is swapped by a link, or a date that goes backwards are all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2s
from pathlib import Path

from stalewatch.domain.language.composing import MOST_BYTES
from stalewatch.services.rules.reading import rule_files


def digest(config: Path, places: Sequence[Path]) -> str:
    """A digest of the configuration and of every file in these places, with their names; it changes with any of them.

    Args:
        places: files and folders, as `rules:` and `catalogue:` name them.
    """
    found = blake2s(digest_size=16)
    for path in [config, *sorted(rule_files(places))]:
        text = _text(path)
        found.update(f"{path}\0{len(text) if text is not None else None}\0".encode("utf-8", "surrogatepass"))
        found.update(text or b"")
    return found.hexdigest()


def _text(path: Path) -> bytes | None:
    """As much of a file as anybody reads; None if it is not there or cannot be read: that, too, is a state."""
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_BYTES + 4)
    except OSError:
        return None
