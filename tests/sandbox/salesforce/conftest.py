"""An empty org at noon, and a client that is logged in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests.sandbox.salesforce.orgs import NOON, Rest, rest


@pytest.fixture
def sandbox() -> Iterator[SalesforceSandbox]:
    with SalesforceSandbox(NOON) as running:
        yield running


@pytest.fixture
def org(sandbox: SalesforceSandbox) -> Org:
    return sandbox.org


@pytest.fixture
def api(sandbox: SalesforceSandbox) -> Iterator[Rest]:
    with rest(sandbox) as client:
        yield client
