"""What the demo says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from stalewatch.delivery.catalogues import translations
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.domain.instants import to_us
from stalewatch.sdk.notifier import Message


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look while the demo runs: the page of Slack, and the address of the dashboard and the API."""

    slack: str
    server: str


def watching(slack: str, language: str) -> str:
    """Said at once: the month takes a few seconds, and can be watched."""
    said = translations(language).gettext("A month passes in a made-up company. Watch its Slack fill: {url}")
    return said.format(url=slack)


def opening_words(open_deals: int, messages: int, began: datetime, reader: Reader) -> str:
    """What was seen: the company, and the month that has passed."""
    words, number = reader.words, reader.number
    company = words.gettext(
        "A made-up company with {deals} open deals, read from its simulated Salesforce and HubSpot as of {began};\n"
        "then a month passed."
    ).format(deals=number(open_deals), began=moment(to_us(began), reader, timed=False))
    told = words.ngettext("{count} message went out in Slack.", "{count} messages went out in Slack.", messages)
    space = "" if reader.language == "ja" else " "
    return f"{company}{space}{told.format(count=number(messages))}"


def this_morning(messages: list[Message], reader: Reader) -> str:
    """What follows: the last morning's messages."""
    said = reader.words.ngettext(
        "It is {when}, and this is the one of this morning:",
        "It is {when}, and these are the {count} of this morning:",
        len(messages),
    )
    return said.format(when=moment(to_us(reader.now), reader), count=reader.number(len(messages)))


def served(places: Places, reader: Reader) -> str:
    """Where to look while the demo runs, and how it ends."""
    words = reader.words
    rows = {
        words.gettext("Slack, with buttons that work:"): places.slack,
        words.gettext("The dashboard:"): f"{places.server}/?lang={reader.language}",
        words.gettext("The API:"): f"curl '{places.server}/v1/deals/stalled?limit=3'",
    }
    lines = [f"  {what}\n    {where}" for what, where in rows.items()]
    now = words.gettext("It is {when} there. Open:").format(when=moment(to_us(reader.now), reader))
    return "\n".join([now, *lines, words.gettext("Ctrl-C ends all of it.")])


def closing_words(keep: Path | None, reader: Reader) -> str:
    """What to do next."""
    words = reader.words
    if keep is None:
        return words.gettext(
            "That was all made up, and is gone. With `--keep DIR` it stays to play with; `stalewatch init` starts with "
            "your own CRM."
        )
    said = words.gettext(
        "The database, the rules and the settings are in {folder}; the simulated CRMs and Slack are gone, so nothing "
        "new can be read or sent. Its present is {at}, so try:"
    )
    told = reader.now.isoformat(timespec="seconds")
    config = keep / "stalewatch.yaml"
    commands = [f"stalewatch deals {what} --config {config} --now {told}" for what in ("stalled", "due-soon")]
    return "\n  ".join([said.format(folder=keep, at=told), *commands])
