from __future__ import annotations

from collections.abc import Iterator

import pytest

from stalewatch_sandbox.hubspot.server import HubSpotServer
from tests.sandbox.hubspot.portals import Caller, opened


@pytest.fixture
def both() -> Iterator[tuple[HubSpotServer, Caller]]:
    with opened() as pair:
        yield pair


@pytest.fixture
def server(both: tuple[HubSpotServer, Caller]) -> HubSpotServer:
    return both[0]


@pytest.fixture
def caller(both: tuple[HubSpotServer, Caller]) -> Caller:
    return both[1]
