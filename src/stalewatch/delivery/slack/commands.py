"""The slash command, as Slack tells of it: `/stalewatch`, `/stalewatch due soon 14d`, `/stalewatch 自分`.

What stands behind it is written by hand, on telephones, by people who read another language: case, spaces and the
width of letters do not matter, and what is not understood is answered with what would be.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from stalewatch.delivery.slack.interactions import Other
from stalewatch.delivery.slack.named import Long, Name
from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.durations import parse

LONGEST_TEXT: Final = 200
WEEK: Final = Duration(7, Unit.DAY)
FURTHEST: Final = 92
"""Days ahead that are looked at."""


class Word(StrEnum):
    """What may be asked for."""

    MINE = "mine"
    SOON = "soon"
    TEAM = "team"
    HELP = "help"


_WORDS: Final[Mapping[str, Word]] = {
    **dict.fromkeys(("", "mine", "my", "me", "my deals", "my list", "list", "自分", "自分の案件", "一覧"), Word.MINE),
    **dict.fromkeys(("soon", "due", "due soon", "due-soon", "まもなく", "もうすぐ", "期限間近"), Word.SOON),
    **dict.fromkeys(("team", "my team", "チーム"), Word.TEAM),
    **dict.fromkeys(("help", "?", "ヘルプ", "使い方"), Word.HELP),
}
_SPAN: Final = re.compile(r"(?P<many>[0-9]{1,3})\s?(?P<unit>days?|weeks?|bd|d|w|営業日|日|週間?)")
_UNITS: Final = {
    "day": "d", "days": "d", "日": "d", "営業日": "bd", "week": "w", "weeks": "w", "週": "w", "週間": "w",
}  # fmt: skip
_DAYS: Final = {Unit.DAY: 1, Unit.BUSINESS_DAY: 1, Unit.WEEK: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """Somebody typed the command.

    Attributes:
        user, channel: ids of the person and of where they did it.
        text: what stands behind the command.
        trigger: names this one use of it.
        answer_to: the address at which an answer is taken, for half an hour; only who typed sees it.
    """

    user: str
    channel: str
    text: str
    trigger: str
    answer_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; `word` is None if it is not understood. `within`: how far ahead to look."""

    word: Word | None
    within: Duration = WEEK


class _Said(msgspec.Struct, frozen=True):
    user_id: Name = ""
    channel_id: Name = ""
    text: str = ""
    trigger_id: Name = ""
    response_url: Long = ""


def of_form(body: bytes) -> Commanded | Other:
    """The command in the body of a request."""
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=32)
    except ValueError:
        return Other(kind="unreadable")
    return of_payload({name: values[0] for name, values in fields.items()})


def of_payload(payload: Any) -> Commanded | Other:
    """The command that a payload tells of; now and then Slack only looks whether anybody is there (`ssl_check`)."""
    try:
        said = msgspec.convert(payload, _Said)
    except msgspec.ValidationError:
        return Other(kind="unreadable")
    if not said.user_id or not said.trigger_id:
        return Other(kind="ssl_check")
    text = said.text[:LONGEST_TEXT]
    return Commanded(
        user=said.user_id, channel=said.channel_id, text=text, trigger=said.trigger_id, answer_to=said.response_url
    )


def understood(text: str) -> Asked:
    """What is meant by the words behind the command."""
    said = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    word = _WORDS.get(said)
    if word is not None:
        return Asked(word=word)
    span = _SPAN.search(said)
    if span is None or _WORDS.get(said[: span.start()].strip()) is not Word.SOON or said[span.end() :]:
        return Asked(word=None)
    within = parse(f"{int(span['many'])}{_UNITS.get(span['unit'], span['unit'])}")
    is_near = within is not None and 0 < within.amount * _DAYS[within.unit] <= FURTHEST
    return Asked(word=Word.SOON, within=within) if within is not None and is_near else Asked(word=None)
