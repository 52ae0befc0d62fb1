from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.hubspot.portals import Story, opened


@pytest.fixture
def story() -> Iterator[Story]:
    with opened() as one:
        yield one
