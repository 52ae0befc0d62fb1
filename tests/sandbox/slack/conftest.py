from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.slack.workspaces import Stage, opened


@pytest.fixture
def stage() -> Iterator[Stage]:
    with opened() as stage:
        yield stage
