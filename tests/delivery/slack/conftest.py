from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.delivery.slack.workspace import Stage, opened


@pytest.fixture
def stage() -> Iterator[Stage]:
    with opened() as stage:
        yield stage
