"""Why a cell, and with it its row, is left out."""

from __future__ import annotations


def printable(text: str) -> str:
    """A text free of what no database and no terminal takes: NUL, and bytes that are no characters."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "␀").strip()


class UnusableError(Exception):
    """A cell cannot be used; `reason` groups like cases, `detail` is what stood there."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
