"""The desk that most tests here begin with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.connectors.salesforce.desk import Desk, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A simulated org, served on a free port."""
    with open_desk(tmp_path) as made:
        yield made
