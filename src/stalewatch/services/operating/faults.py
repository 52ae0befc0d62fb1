"""The faults of the database that doors answer differently from others."""

from __future__ import annotations

from stalewatch.store.errors import CursorNotUnderstood, DatabaseBusy, StoreError

__all__ = ("CursorNotUnderstood", "DatabaseBusy", "StoreError")
