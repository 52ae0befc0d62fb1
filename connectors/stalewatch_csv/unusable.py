"""Why a cell, and with it its row, is left out."""

from __future__ import annotations


class UnusableError(Exception):
    """A cell cannot be used; `reason` groups like cases, `detail` is what stood there."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
