"""What Slack says when it refuses: `ok: false` and a word, with status 200."""

from __future__ import annotations

Json = dict[str, object]


class Refused(Exception):
    """The method fails with an error word.

    Attributes:
        word: channel_not_found, invalid_blocks, …
        more: further members of the answer.
    """

    def __init__(self, word: str, **more: object) -> None:
        super().__init__(word)
        self.word, self.more = word, more

    def body(self) -> Json:
        """The answer."""
        return {"ok": False, "error": self.word, **self.more}


class TooFast(Exception):
    """429: wait so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"retry after {seconds} s")
        self.seconds = seconds


def explained(word: str, messages: list[str]) -> Refused:
    """A refusal that says in sentences what is wrong."""
    return Refused(word, errors=messages, response_metadata={"messages": [f"[ERROR] {text}" for text in messages]})
