"""What answering needs of a project is what its configuration says."""

from __future__ import annotations

from pathlib import Path

from stalewatch import wiring
from stalewatch.domain.writebacks import Writeback
from stalewatch.wiring.offices import office_of

CONFIG = """
stalewatch: 1
secrets: {key: "${KEY}"}
web: {public_url: https://stalewatch.acme.example}
defaults: {language: ja}
connections:
  - {id: export, type: csv, path: .}
  - id: hs
    type: hubspot
    auth: {flow: token, token: "${TOKEN}"}
    writeback: fields
    map: {deal: {fields: {hold_until: on_hold_until, pain: pain}}}
"""


def office(folder: Path, config: str = CONFIG) -> wiring.Stalewatch:
    (folder / "deals.csv").write_text("deal_id,name,outcome,created_on,stage\n")
    path = folder / "stalewatch.yaml"
    path.write_text(config)
    return wiring.open_project(path, env={"KEY": "k" * 40, "TOKEN": "pat-1"})


def test_it_knows_what_may_be_written_where_and_in_which_language(tmp_path: Path) -> None:
    made = office_of(office(tmp_path))
    assert made.allowed == {"export": Writeback.NONE, "hs": Writeback.FIELDS}
    assert (set(made.mapped["hs"]), set(made.mapped["export"])) == ({"hold_until", "pain"}, set())
    assert made.language == "ja"


def test_customers_get_links_only_where_they_can_open_them(tmp_path: Path) -> None:
    assert office_of(office(tmp_path)).links is not None
    home = CONFIG.replace("web: {public_url: https://stalewatch.acme.example}\n", "")
    assert office_of(office(tmp_path, home)).links is None
