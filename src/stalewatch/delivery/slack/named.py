"""What Slack, and we, name things by in what Slack tells us.

Such a name becomes part of a row's key, so it is as short as a key may be and holds nothing that a database refuses.
What is longer, or holds a control character, Slack never sends: the whole is unreadable then, and acknowledged as such.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

_PRINTABLE: Final = r"\A[^\x00-\x1f\x7f\ud800-\udfff]*\Z"

Name = Annotated[str, Meta(max_length=255, pattern=_PRINTABLE)]
"""Ids, kinds of buttons, alerts, marks of a click: no longer than Slack lets an `action_id` or `block_id` be."""
Long = Annotated[str, Meta(max_length=3_000, pattern=_PRINTABLE)]
"""Addresses, and what we wrote into a form when we opened it: no longer than Slack lets `private_metadata` be."""
