"""Faults of bulk jobs: refused, slow, failed, short of a row, or with dirt in the CSV."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from stalewatch_sandbox.serving.exchange import Request
from stalewatch_sandbox.serving.faults import Fault

if TYPE_CHECKING:
    from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox

_LIFE: Final[dict[str, dict[str, Any]]] = {
    "slow": {"polls": 42},
    "failed": {"polls": 42, "failure": "Query failed after 15 retries"},
    "short": {"lost": 1},
    "limit": {"daily": 0},
}
_STAINED: Final = frozenset({"Name", "Subject", "NextStep", "Description"})


class BulkFaults:
    """Makes those faults for one sandbox."""

    def __init__(self, sandbox: SalesforceSandbox) -> None:
        self._sandbox = sandbox

    def bulk_lifecycle(self, how: str = "slow", sobject: str = "Task") -> Fault:
        """Jobs are "slow" or "failed" after 40 times InProgress, pages "short" of a row that their header counts;
        no job may be made today ("limit"), or none of one object ("refused")."""
        jobs = self._sandbox.application.bulk
        changes = {"refused": jobs.refused | {sobject}} if how == "refused" else _LIFE[how]
        return _setting(jobs, changes)

    def dirty_results(self, size: int = 2_000_000) -> Fault:
        """Texts have NUL bytes and line ends in them and one is huge, and whole numbers are written as 3.0."""
        return _setting(self._sandbox.application.bulk, {"stain": _Stain(size)})


class _Stain:
    """Dirties cells; the first text that ends in "…" becomes so many bytes long."""

    def __init__(self, size: int) -> None:
        self._size = size

    def __call__(self, column: str, text: str) -> str:
        if column.endswith("__c") and text.isdigit():
            return f"{text}.0"
        if column not in _STAINED or not text:
            return text
        middle = len(text) // 2
        dirty = f"{text[:middle]}\0{text[middle:]}"
        return dirty + "x" * self._size if text.endswith("…") else dirty


def _setting(owner: object, values: dict[str, Any]) -> Fault:
    """Attributes have other values while the fault is armed."""

    def switch() -> Callable[[], None]:
        before = {name: getattr(owner, name) for name in values}
        for name, value in values.items():
            setattr(owner, name, value)

        def back() -> None:
            for name, value in before.items():
                setattr(owner, name, value)

        return back

    return Fault(on=_never, switch=switch)


def _never(_: Request) -> bool:
    return False
