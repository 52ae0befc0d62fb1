"""What every story with processes of its own has."""

from __future__ import annotations

from tests.acceptance.harness.nursery import nursery

__all__ = ["nursery"]
