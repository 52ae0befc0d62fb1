"""The csv connector keeps the contract that every connector keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stalewatch.sdk.connector import Connector
from stalewatch.sdk.testing import CATALOGUE, ConnectorContract
from tests.connectors.exports import Export, open_deals


class TestCsv(ConnectorContract):
    @pytest.fixture(autouse=True)
    def _export(self, tmp_path: Path) -> None:
        self.export = Export(tmp_path)
        self.export.deals(*open_deals(4_100), "W1,Won,Ito,won,2026-01-02,2026-02-03,,5")
        self.export.write("stages.csv", "deal_id,stage,entered_at", "D9,proposal,2026-01-20T10:00:00+09:00")
        self.export.write(
            "events.csv",
            "deal_id,at,kind,value",
            "D1,2026-02-01,customer_action,",
            "D4000,2026-02-01,field_set,decision_date=2026-05-01",
        )

    def connector(self) -> Connector:
        return self.export.connector()

    def broken(self) -> Connector:
        return Export(self.export.folder / "nowhere").connector()


def test_the_catalogue_that_plugins_are_tested_with_is_the_one_that_rules_read() -> None:
    fields = yaml.safe_load((Path(__file__).parents[1] / "rules/project/fields.yaml").read_text())["fields"]
    told = {
        name: {field: spec["type"] for field, spec in own.items() if field != "extends"} for name, own in fields.items()
    }
    told["partner_deal"] = told["deal"] | told["partner_deal"]
    assert told == CATALOGUE
