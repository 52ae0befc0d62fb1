"""What the canonical form knows of a file: the order of its keys, which values are durations, which are sentences."""

from __future__ import annotations

from collections.abc import Mapping as Dict
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from stalewatch.domain.language.diagnostics import LANGUAGES
from stalewatch.domain.language.nodes import Mapping, Node


class Says(Enum):
    """What a value is to its reader."""

    VALUE = auto()
    DURATION = auto()
    SENTENCE = auto()


@dataclass(frozen=True, slots=True)
class Shape:
    """A place in a file.

    Attributes:
        first: keys in their order, before all others, which stay in the author's.
        last: keys that come after all others.
        keys: what is under a key; `every` under all that are not named.
        items: what the items of a list are.
        parted: True if an empty line stands between the items, or before the key.
        wide: True for a row of a table: in brackets it stays on one line, however long.
    """

    first: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    keys: Dict[str, Shape] = field(default_factory=dict)
    every: Shape | None = None
    items: Shape | None = None
    says: Says = Says.VALUE
    parted: bool = False
    wide: bool = False

    def under(self, key: str | None) -> Shape:
        """The shape of a key's value (`key+` is as `key`), or of an item if there is no key."""
        if key is None:
            return self.items or ANYTHING
        return self.keys.get(bare(key), self.every or ANYTHING)

    def rank(self, key: str) -> tuple[int, int]:
        """Where a key stands among its neighbours; equal ranks keep the author's order."""
        name = bare(key)
        if name in self.first:
            return 0, self.first.index(name)
        return (2, self.last.index(name)) if name in self.last else (1, 0)


def bare(key: str) -> str:
    """The key that `key+` and `key-` change."""
    return key[:-1] if key[-1:] in ("+", "-") else key


ANYTHING: Final = Shape()
_DURATION: Final = Shape(says=Says.DURATION)
_SENTENCE: Final = Shape(says=Says.SENTENCE)
_WORDS: Final = Shape(first=LANGUAGES, every=_SENTENCE, says=Says.SENTENCE)
_CONDITION: Final = Shape(keys={"expr": _SENTENCE})
_GROUPS: Final = Shape(keys={"expr": _SENTENCE, **dict.fromkeys(("all", "any", "none"), Shape(items=_CONDITION))})
_WITHIN: Final = Shape(
    first=("by",),
    last=("else",),
    keys={"by": ANYTHING},
    every=_DURATION,
    items=Shape(last=("is",), keys={**_GROUPS.keys, "is": _DURATION}),
    says=Says.DURATION,
)
_RULE: Final = Shape(
    first=(
        *("id", "was", "use", "title", "because", "owner", "tags", "mode", "watch", "where", "start", "within"),
        *("until", "pause", "warn", "severity", "mutes", "escalate", "message"),
    ),
    keys={
        **dict.fromkeys(("title", "because", "message"), _WORDS),
        **dict.fromkeys(("where", "until"), _GROUPS),
        "start": Shape(keys={"since": _GROUPS}),
        "within": _WITHIN,
        "pause": Shape(first=("until", "from", "while", "max"), keys={"while": _GROUPS, "max": _DURATION}),
        "warn": _DURATION,
    },
)
_EXCEPTION: Final = Shape(
    first=("watch", "where", "rules", "until", "because", "owner"),
    keys={"where": _GROUPS, "because": _SENTENCE},
)
_BAND: Final = Shape(first=("of", "rows"), keys={"rows": Shape(items=Shape(first=("name", "below")))})
_SCORE: Final = Shape(first=("watch", "items"), keys={"items": Shape(every=_GROUPS)})
RULES: Final = Shape(
    first=("stalewatch", "pack", "title", "include", "bands", "scores", "rules", "exceptions"),
    keys={
        "title": _WORDS,
        "bands": Shape(every=_BAND, parted=True),
        "scores": Shape(every=_SCORE, parted=True),
        "rules": Shape(items=_RULE, parted=True),
        "exceptions": Shape(items=_EXCEPTION, parted=True),
    },
)
_ROW: Final = Shape(wide=True)
_TEST: Final = Shape(
    first=("name", "given", "changes", "expect"),
    keys={
        "name": _SENTENCE,
        "given": Shape(every=_ROW, wide=True),
        "changes": Shape(items=Shape(first=("at", "set", "event", "snooze", "hold"), every=_ROW, wide=True)),
        "expect": Shape(items=Shape(first=("at", "rule", "event"), wide=True)),
    },
)
TESTS: Final = Shape(
    first=("stalewatch_test", "rules", "calendar", "live", "tests"),
    keys={
        "live": Shape(
            first=("keep_for", "reopen_within", "repeat", "escalate"),
            every=_DURATION,
            keys={"escalate": Shape(items=_DURATION)},
        ),
        "tests": Shape(items=_TEST, parted=True),
    },
)
_FIELD: Final = Shape(
    first=("type", "from", "values", "title", "value_titles"),
    keys={"title": _WORDS, "value_titles": Shape(every=_WORDS)},
)
CATALOGUE: Final = Shape(
    first=("stalewatch", "fields", "events"),
    keys={"fields": Shape(every=Shape(first=("extends",), every=_FIELD))},
)


def shape_of(root: Node) -> Shape:
    """Which kind of file it is, by its first words: tests, a catalogue of fields, or rules."""
    if isinstance(root, Mapping) and "stalewatch_test" in root:
        return TESTS
    return CATALOGUE if isinstance(root, Mapping) and "fields" in root else RULES
