"""What holds for every notifier."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from stalewatch.sdk.errors import NotifierError
from stalewatch.sdk.notifier import Entry, Message, Notifier, Outcome, Receipt, Style
from stalewatch.sdk.testing.catalogue import NOON
from stalewatch.sdk.testing.expectations import must, same


class NotifierContract:
    """What holds for every notifier, whatever service is behind it."""

    address: str = "sato@acme.example"

    def notifier(self) -> Notifier:
        """A fresh notifier on a side that works; called several times, each time on the same side."""
        raise NotImplementedError

    def broken(self) -> Notifier:
        """A notifier whose other side cannot be reached."""
        raise NotImplementedError

    def arrivals(self, delivery: str) -> int:
        """How many messages of that delivery the other side shows."""
        raise NotImplementedError

    def message(self, delivery: str, **more: Any) -> Message:
        """A digest with one entry; `more` replaces any part of it."""
        entry = Entry(record="c:1", headline="Acme, JPY 3,000,000", body="*Acme*: no next meeting.", alerts=("a1",))
        usual: dict[str, Any] = {
            "target": f"person:{self.address}",
            "address": self.address,
            "style": Style.DIGEST,
            "language": "en",
            "title": "1 deal needs you",
            "entries": (entry,),
        }
        return Message(delivery=delivery, **(usual | more))

    def test_a_receipt_has_a_time_and_a_json_handle(self) -> None:
        receipt = self.notifier().send(self.message("d1"))
        must(receipt.at.tzinfo is not None, "the receipt's time has no zone")
        same(json.loads(json.dumps(receipt.handle)), receipt.handle, "a handle changes on its way through JSON")

    def test_one_send_is_one_message(self) -> None:
        self.notifier().send(self.message("d1"))
        same(self.arrivals("d1"), 1, "messages that arrived for one send")

    def test_the_same_words_twice_are_two_messages(self) -> None:
        notifier = self.notifier()
        notifier.send(self.message("d1"))
        notifier.send(self.message("d2"))
        same((self.arrivals("d1"), self.arrivals("d2")), (1, 1), "each delivery arrives for itself")

    def test_every_style_and_language_arrives(self) -> None:
        for number, style in enumerate(Style):
            for language in ("en", "ja"):
                delivery = f"{language}{number}"
                self.notifier().send(self.message(delivery, style=style, language=language))
                same(self.arrivals(delivery), 1, f"{style} in {language}")

    def test_awkward_text_arrives(self) -> None:
        awkward = "🦊 שלום \u202eevil\u202c <!channel> *a* _b_ &amp; \r\n\t" + "長" * 4_000
        entry = Entry(record="c:1", headline=awkward, body=awkward, chips=(awkward,))
        self.notifier().send(self.message("d1", title=awkward, entries=(entry,), footer=(awkward,)))
        same(self.arrivals("d1"), 1, "awkward text")

    def test_a_message_without_entries_arrives(self) -> None:
        self.notifier().send(self.message("d1", entries=()))
        same(self.arrivals("d1"), 1, "a title alone")

    def test_settle_finds_what_was_sent(self) -> None:
        receipt = self.notifier().send(self.message("d1"))
        settled = self.notifier().settle("d1", self.address, receipt.at - timedelta(minutes=1))
        must(settled.outcome is not Outcome.ABSENT, "a message that arrived was called absent: it would be doubled")
        found = settled.receipt is not None
        same(found, settled.outcome is Outcome.ARRIVED, "a receipt comes with what arrived, and only then")

    def test_settle_does_not_find_what_was_not_sent(self) -> None:
        receipt = self.notifier().send(self.message("d1"))
        settled = self.notifier().settle("d2", self.address, receipt.at - timedelta(minutes=1))
        must(settled.outcome is not Outcome.ARRIVED, "a message that was never sent was called arrived: lost")

    def test_looking_sends_nothing(self) -> None:
        self.notifier().settle("d1", self.address, NOON)
        same(self.arrivals("d1"), 0, "messages that a look sent")

    def test_an_edit_adds_no_message(self) -> None:
        notifier = self.notifier()
        first = notifier.send(self.message("d1"))
        edited = notifier.edit(first, self.message("d1", title="Resolved"))
        must(isinstance(edited, Receipt), "an edit answers with a receipt")
        same(self.arrivals("d1"), 1, "messages after an edit")

    def test_a_broken_side_raises_from_the_tree(self) -> None:
        try:
            self.broken().send(self.message("d1"))
        except NotifierError as error:
            must(bool(error.what), "an error without words")
        else:
            raise AssertionError("send to a broken side raised nothing")
