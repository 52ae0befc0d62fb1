"""A small project on exported files, for commands to work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.conftest import Call, Said

CONFIG = """\
stalewatch: 1
rules: [rules/]
connections:
  - {id: export, type: csv, path: exports/, files: {deals: deals.csv}}
calendars:
  every_day: {tz: UTC, hours: "00:00-18:00", days: all, holidays: none}
  choose: [{use: every_day}]
defaults: {currency: JPY}
quiet: off
storm_guard: off
rollout: off
routes:
  - {name: owners, to: [owner], style: digest, digest: {at: "18:00"}}
"""
RULES = """\
stalewatch: 1
pack: small
rules:
  - id: too-long
    title: {en: Open for too long, ja: 長期間未決着}
    watch: deal
    start: created_at
    within: 10d
    mode: live
"""
HEADER = "deal_id,name,owner,team,amount,created_on,outcome"
DAY = "2026-03-16"
EVENING = f"{DAY}T18:00:00Z"
"""Ten days after 6 March at the close: what was created until then is late."""


@dataclass
class Company:
    """The folder of a project, and the deals of its export."""

    folder: Path
    call: Call
    rows: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "rules").mkdir()
        (self.folder / "exports").mkdir()
        self.configure(CONFIG)
        (self.folder / "rules" / "small.yaml").write_text(RULES)

    @property
    def export(self) -> Path:
        return self.folder / "exports" / "deals.csv"

    def configure(self, text: str) -> None:
        (self.folder / "stalewatch.yaml").write_text(text)

    def has(self, name: str, created: str = "2026-03-01", *, owner: str = "Sato", **more: str) -> None:
        """A deal stands in the export, or stands there differently."""
        cells = {"team": "tokyo", "amount": "1200000", "outcome": "open", **more}
        self.rows[name] = (
            f"{name},{name.title()},{owner},{cells['team']},{cells['amount']},{created},{cells['outcome']}"
        )
        self.writes()

    def writes(self) -> None:
        """The export as a file."""
        self.export.write_text("\n".join([HEADER, *self.rows.values(), ""]), encoding="utf-8")

    def does(self, *words: str, now: str = EVENING) -> Said:
        """Call a command at a moment."""
        return self.call(*words, "--now", now)
