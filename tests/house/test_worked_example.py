"""docs/connectors.md walks through a whole connector: what it quotes is the code, and its list is the contract."""

from __future__ import annotations

from stalewatch.sdk.testing import ConnectorContract
from tests.house.pages import DOCS, page
from tests.house.tree import ROOT

HEADING = "Write a connector of your own"
CONNECTOR = ROOT / "tests" / "connectors" / "third_party" / "acme_crm.py"


def without_blank_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def test_the_blocks_of_the_page_are_the_whole_connector() -> None:
    blocks = page(DOCS / "connectors.md").section(HEADING).blocks
    quoted = "\n".join(block.text for block in blocks if block.language == "python")
    assert without_blank_lines(quoted) == without_blank_lines(CONNECTOR.read_text("utf-8"))


def test_the_list_of_the_page_is_the_contract() -> None:
    prose = page(DOCS / "connectors.md").section(HEADING).prose
    rows = [line.split("|")[1].strip() for line in prose.splitlines() if line.startswith("| ")]
    held = {
        name.removeprefix("test_").replace("_", " ") for name in vars(ConnectorContract) if name.startswith("test_")
    }
    assert set(rows) - {"it holds that"} == held
