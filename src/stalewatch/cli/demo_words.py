"""What the demo says of itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.domain.instants import to_us

NO_ENVIRONMENT: Final[dict[str, str]] = {}
"""The demo never touches the database that `STALEWATCH_DATABASE_URL` names."""


def opening_words(open_deals: int, before: int, now: int, began: datetime, reader: Reader) -> str:
    """What is about to be seen: the company, the month that has passed, this morning's nudges."""
    words, number = reader.words, reader.number
    company = words.gettext(
        "A made-up company with {deals} open deals, read from CSV files as of {began}; then a month passed."
    ).format(deals=number(open_deals), began=moment(to_us(began), reader, timed=False))
    on_the_way = words.ngettext("{count} nudge went out on the way.", "{count} nudges went out on the way.", before)
    morning = words.ngettext(
        "It is {when}, and this is the one of this morning:",
        "It is {when}, and these are the {count} of this morning:",
        now,
    )
    said = morning.format(when=moment(to_us(reader.now), reader), count=number(now))
    space = "" if reader.language == "ja" else " "
    return f"{company}\n{on_the_way.format(count=number(before))}{space}{said}"


def closing_words(keep: Path | None, at: datetime, reader: Reader) -> str:
    """What to do next."""
    words = reader.words
    if keep is None:
        return words.gettext(
            "That was all made up, and is gone. With `--keep DIR` it stays to play with; `stalewatch init` starts with "
            "your own files."
        )
    said = words.gettext("The project is in {folder}. Its present is {at}, so try:")
    told = at.isoformat(timespec="seconds")
    command = f"stalewatch deals due-soon --config {keep / 'stalewatch.yaml'} --now {told}"
    return f"{said.format(folder=keep, at=told)}\n  {command}"


def served(url: str, reader: Reader) -> str:
    """Where to look while the demo runs."""
    said = reader.words.gettext("The demo is open at {url} until you press Ctrl-C. Try:").format(url=url)
    return f"{said}\n  curl '{url}/v1/deals/stalled?limit=3'\n  curl '{url}/v1/deals/due-soon?within=7d'"
