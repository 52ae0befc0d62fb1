"""Suggested limits as a rule file to paste, with the numbers that they come from beside them.

The rules stand in shadow: who pastes them sees what they would say before anybody hears of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from stalewatch.delivery.wording.untrusted import printable
from stalewatch.domain.language.model import Catalogue
from stalewatch.services.learning.lessons import Lesson
from stalewatch.services.learning.limits import Learned

_BECAUSE: Final = {
    "en": "Our own history: from there on few were won. An association, not an effect.",
    "ja": "自社の履歴では、これより長いと受注が少なくなります(関連であり、効果ではありません)。",
}
_CHOICES: Final = ("pipeline", "stage", "segment")


@dataclass(frozen=True, slots=True)
class _Kind:
    """A rule that a suggestion becomes."""

    id: str
    en: str
    ja: str
    watch: str
    start: str
    until: str = ""


_KINDS: Final = {
    ("deal", False): _Kind(
        "open-too-long", "Open for longer than it pays", "進行中の期間が長すぎる", "deal", "created_at"
    ),
    ("deal", True): _Kind(
        "stage-too-long", "In its stage for longer than it pays", "フェーズの滞在が長すぎる", "deal", "stage_entered_at"
    ),
    ("conversion", False): _Kind(
        "lead-open-too-long", "A lead for longer than it pays", "リードのままの期間が長すぎる", "lead", "created_at"
    ),
    ("hand_off", False): _Kind(
        "hand-off-too-late", "Ready for sales, and not handed over", "引き渡しの遅れ", "lead", "mql_at",
        "{handed_off_at: set}",
    ),
}  # fmt: skip


def patch(lessons: Sequence[Lesson], catalogue: Catalogue) -> str:
    """A rule file with everything that was suggested; "" where nothing was."""
    rules = [line for lesson in lessons for staged in (False, True) for line in _rule(lesson, staged, catalogue)]
    return "\n".join(["stalewatch: 1", "pack: learned", "rules:", *rules, ""]) if rules else ""


def within(lesson: Lesson, staged: bool, indent: str = "    ") -> list[str]:
    """The lines `within:` and `warn:` of what was suggested for whole records, or for stages; [] for nothing."""
    rows = [one for one in lesson.learned if (one.group.stage is not None) is staged and one.found.limit]
    if not rows:
        return []
    ahead = [one.found.limit.day - one.found.warn.day for one in rows if one.found.limit and one.found.warn]
    least = min(ahead, default=0)
    warn = [f"{indent}warn: {least}d"] if least else []
    if len(rows) == 1 and not _where(rows[0]):
        return [f"{indent}within: {_limit(rows[0])}d   # {_comment(rows[0])}", *warn]
    rows.sort(key=lambda one: -sum(value is not None for value in _values(one)))  # the first row that matches counts
    lines = [f"{indent}within:"]
    lines += [f"{indent}  - {{{_where(one)}is: {_limit(one)}d}}   # {_comment(one)}" for one in rows]
    return [*lines, *warn]


def _rule(lesson: Lesson, staged: bool, catalogue: Catalogue) -> Iterator[str]:
    limits = within(lesson, staged)
    kind = _KINDS.get((lesson.about, staged))
    if not limits or kind is None:
        return
    yield f"  - id: {kind.id}"
    yield f"    title: {{en: {json.dumps(kind.en)}, ja: {kind.ja}}}"
    yield f"    because: {{en: {json.dumps(_BECAUSE['en'])}, ja: {_BECAUSE['ja']}}}"
    yield f"    watch: {kind.watch}"
    yield "    mode: shadow   # `stalewatch rules promote` shows what it would have said, and lets it speak"
    yield f"    start: {kind.start}"
    yield from limits
    if kind.until:
        yield f"    until: {kind.until}"
    for name, strange in _strange(lesson, staged, catalogue).items():
        yield f"    # your catalogue does not know these yet; write them there: {name}: [{', '.join(strange)}]"


def _strange(lesson: Lesson, staged: bool, catalogue: Catalogue) -> dict[str, list[str]]:
    """Values that the rules name and the catalogue does not."""
    kinds = catalogue.objects.get("deal", {})
    found: dict[str, list[str]] = {}
    for one in lesson.learned:
        if (one.group.stage is not None) is staged and one.found.limit:
            for name, value in zip(_CHOICES, _values(one), strict=True):
                if value is not None and name in kinds and value not in kinds[name].values:
                    found.setdefault(name, []).append(_quoted(value))
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


def _values(one: Learned) -> tuple[str | None, str | None, str | None]:
    return one.group.pipeline, one.group.stage, one.group.segment


def _where(one: Learned) -> str:
    named = zip(_CHOICES, _values(one), strict=True)
    return "".join(f"{name}: {_quoted(value)}, " for name, value in named if value is not None)


def _quoted(value: str) -> str:
    """A name of somebody else's as YAML reads it, whatever is in it."""
    return json.dumps(printable(value), ensure_ascii=False)


def _limit(one: Learned) -> int:
    return one.found.limit.day if one.found.limit else 0


def _comment(one: Learned) -> str:
    found = one.found
    told = [f"won {found.won}, lost {found.lost}, open {found.open}"]
    for name, day in (("limit", found.limit), ("warn on day", found.warn), ("close out", found.close_out)):
        if day is not None:
            sure = "" if day.interval is None else f" ({day.interval.low:.0f}-{day.interval.high:.0f})"
            told.append(f"{name} {day.day}{sure}")
    return ", ".join([*told, *(f"p{p} of won {day}" for p, day in zip((75, 90), found.percentiles, strict=False))])
