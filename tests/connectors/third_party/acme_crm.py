"""A connector as a stranger would write it: one file, one entry point, and the plugin surface."""

from __future__ import annotations

from collections.abc import Iterator

from stalewatch.sdk.connector import ConnectionSettings, Connector, Cursor, Description, FieldInfo, Finding, Level, Page
from stalewatch.sdk.records import Deal


class Acme(Connector):
    """A CRM that holds as many deals as its settings say."""

    type = "acme"

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings

    def describe(self) -> Description:
        return Description(fields={"deal": [FieldInfo(ours="stage", theirs="Phase", type="choice")]})

    def check(self) -> list[Finding]:
        return [Finding(subject=self.settings.id, level=Level.OK, message="reachable")]

    def pull(self, cursor: Cursor | None, *, full: bool = False) -> Iterator[Page]:
        seen = 0 if full or cursor is None else cursor["seen"]
        for number in range(seen, self.settings.options["deals"]):
            deal = Deal(id=f"d{number}", name=f"Deal {number}", created_at=self.settings.now())
            yield Page(cursor={"seen": number + 1}, deals=[deal])


def connect(settings: ConnectionSettings) -> Acme:
    """The entry point."""
    return Acme(settings)
