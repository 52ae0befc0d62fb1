"""What the operator reads of a record that was set aside because it ended the processes that judged it."""

from __future__ import annotations

from stalewatch.delivery.news import RecordSetAside
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean


def aside(news: RecordSetAside, reader: Reader) -> tuple[str, str]:
    """Headline and text."""
    words = reader.words
    headline = words.gettext("{record} is not watched any more").format(record=clean(news.name))
    body = words.gettext(
        "Judging it ended its process five times in a row, so it was set aside, and everything else goes on. What the "
        "processes said last is in their log. `stalewatch work explain {id}` says how it stands; `stalewatch work "
        "release {id}` lets it be judged again."
    )
    return headline, body.format(id=clean(f"record:{news.record}"))
