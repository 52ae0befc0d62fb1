"""The answer to "Why?": the deal's own numbers, the rule, and what happened so far; for one pair of eyes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from stalewatch.delivery import answering
from stalewatch.delivery.answering import Settled
from stalewatch.delivery.happenings import Happening, happening
from stalewatch.delivery.slack.mrkdwn import bold, escaped, link
from stalewatch.delivery.wording.explained import explanation_parts
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.explain import Explanation
from stalewatch.domain.language.model import Words

_BECAUSE: Final = 400
MOST: Final = 12
"""Lines of history that are shown, the newest of them; the rest is counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why something was said of a deal.

    Attributes:
        name: the deal's; `title`, `because`: the rule's, and what it is for.
        explanation: its deadline taken apart; None if the rule is no longer in force.
        happened: the oldest first.
        settled: how it ended, if it did.
        url: of the deal's page on our dashboard.
    """

    name: str
    title: Words
    because: Words
    explanation: Explanation | None
    happened: tuple[Happening, ...]
    zone: str
    settled: Settled | None = None
    url: str | None = None


def reasons_text(why: Reasons, reader: Reader) -> str:
    """All of it as lines: what notifications show, and screen readers read."""
    lines = [f"{clean(why.name)}: {reader.pick(why.title)}", *_because(why, reader), *_history(why, reader)]
    return "\n".join(map(escaped, lines))


def reasons_blocks(why: Reasons, reader: Reader) -> list[dict[str, Any]]:
    """The same with layout."""
    head = f"{bold(clean(why.name))}\n{escaped(reader.pick(why.title))}"
    facts = "\n".join(f"• {escaped(line)}" for line in _because(why, reader))
    history = "\n".join(escaped(line) for line in _history(why, reader))
    said = [head, facts, history, link(why.url, reader.words.gettext("Open the record"))]
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}} for text in said if text]


def _because(why: Reasons, reader: Reader) -> list[str]:
    """What the rule is for, and how its deadline came about."""
    because = why.because.get(reader.language) or why.because.get("en") or next(iter(why.because.values()), "")
    lines = [clean(because, _BECAUSE)] if because else []
    if why.settled is not None:
        lines.append(answering.over(why.settled, reader, why.zone))
    if why.explanation is None:
        return [*lines, reader.words.gettext("This rule is no longer in force.")]
    lines += [part.text for part in explanation_parts(why.explanation, reader.language, reader.now)]
    return [line[:1].upper() + line[1:] for line in lines]


def _history(why: Reasons, reader: Reader) -> list[str]:
    shown, words = why.happened[-MOST:], reader.words
    earlier = len(why.happened) - len(shown)
    said = [words.gettext("+{count} more").format(count=reader.number(earlier))] if earlier else []
    return said + [happening(one, reader, why.zone) for one in shown]
