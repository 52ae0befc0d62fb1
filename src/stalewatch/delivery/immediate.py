"""A message about one deal, sent at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from stalewatch.delivery.digest import entry
from stalewatch.delivery.subjects import ranked
from stalewatch.delivery.telling import Recipient, Telling
from stalewatch.delivery.wording.untrusted import safe_url
from stalewatch.sdk.notifier import Message, Style


def compose_immediate(
    tellings: Sequence[Telling],
    *,
    delivery: str,
    recipient: Recipient,
    now: datetime,
    why: str = "",
    thread: Mapping[str, Any] | None = None,
) -> Message:
    """One deal's message: its headline as the title, then the same entry as in a digest.

    Args:
        tellings: of one record, at least one.
        why: the explanation of the leading cause (`explanation_text`), as the quiet last line.
        thread: `Receipt.handle` of the parent message, if this is a reply.

    Raises:
        ValueError: if the tellings are of no record or of several.
    """
    subjects = ranked(tellings)
    if len(subjects) != 1:
        raise ValueError(f"an immediate message is about one record, not {len(subjects)}")
    reader, [subject] = recipient.reads(now), subjects
    only, url = entry(subject, recipient, reader, alone=True), safe_url(subject.lead.url)
    because = reader.words.gettext("Why you see this: {explanation}")
    return Message(
        delivery=delivery,
        target=recipient.target,
        address=recipient.address,
        style=Style.IMMEDIATE,
        language=recipient.language,
        title=only.headline,
        entries=(only,),
        footer=(because.format(explanation=why),) if why else (),
        thread=thread,
        url=url,
        link=reader.words.gettext("Open the record") if url else "",
    )
