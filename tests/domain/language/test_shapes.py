"""Whatever stands where another shape belongs is told there in words: a list for a text, a text for a list.

A sound file of each kind is written with one value at a time replaced, every word of it in its turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pytest

from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.diagnostics import Diagnostic
from stalewatch.domain.language.loading import load_rules
from stalewatch.domain.language.model import Catalogue
from stalewatch.domain.language.nodes import Source

Path = tuple[str | int, ...]
Shape = Any
SHAPES: Final[tuple[Shape, ...]] = (["x"], {"x": "y"}, "x", -7, "")

RULES: Final = {
    "stalewatch": 1,
    "pack": "p",
    "title": {"en": "P", "ja": "組"},
    "bands": {"size": {"of": "amount", "rows": [{"name": "small", "below": 100}, {"name": "large"}]}},
    "scores": {
        "ready": {"watch": "deal", "items": {"money": {"filled": "amount"}, "next": {"filled": "next_step"}}},
    },
    "rules": [
        {
            "id": "a",
            "title": {"en": "A", "ja": "甲"},
            "because": {"en": "so", "ja": "故"},
            "watch": "deal",
            "where": {"all": [{"stage": ["proposal"]}, {"none": [{"amount": {"below": 5}}]}, {"size": "small"}]},
            "start": {"latest_of": ["stage_entered_at", "created_at"]},
            "within": {"by": "stage", "proposal": "14d", "else": "10bd"},
            "until": {"any": [{"filled": "next_step"}, {"expr": "amount > 3"}]},
            "pause": {"until": "hold_until", "from": "hold_set_at", "max": "60d"},
            "warn": "2d",
            "severity": "critical",
            "mode": "shadow",
            "mutes": ["b"],
            "was": ["z"],
            "owner": "ops",
            "tags": ["t"],
            "message": {"en": "{days_over} over", "ja": "{days_over}超過"},
        },
        {"id": "b", "title": "B", "watch": "deal", "start": {"each": "meeting"}, "within": "2bd"},
        {"id": "c", "title": "C", "watch": "lead", "start": {"since": {"status": "mql"}}, "within": "4bh"},
    ],
    "exceptions": [
        {"watch": "deal", "where": {"stage": "proposal"}, "rules": ["a"], "until": "2030-01-01", "because": "so"},
    ],
}
USED: Final[dict[Path, Sequence[Path]]] = {
    ("bands",): [("rules", 0, "where", "all", 2, "size")],
    ("rules",): [("rules", 0, "mutes", 0), ("exceptions", 0, "rules", 0)],
}
"""Where else it is told that something is not there any more."""
FIELDS: Final = {
    "stalewatch": 1,
    "fields": {
        "deal": {
            "created_at": {"type": "datetime", "from": "crm"},
            "stage": {"type": "choice", "from": "crm", "values": ["a", "b"], "value_titles": {"a": {"ja": "甲"}}},
            "amount": {"type": "money", "from": "crm", "title": {"en": "Amount", "ja": "金額"}},
        },
        "partner_deal": {"extends": "deal"},
    },
    "events": ["meeting"],
}


@dataclass(frozen=True)
class Written:
    """A file with one value replaced, and the lines on which that may be told."""

    text: str
    lines: frozenset[int]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Where each value stands, from the outside in."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*path, key)
        yield from paths(one, (*path, key))


def written(whole: Any, path: Path, shape: Shape) -> Written:
    """A line for each value; what is replaced stands on one."""
    lines: list[str] = []
    places: dict[Path, int] = {}

    def write(value: Any, here: Path, lead: str, indent: str) -> None:
        places[here] = len(lines) + 1
        is_other = here == path
        told = shape if is_other else value
        if is_other or not isinstance(value, dict | list) or not value:
            lines.append(f"{lead} {_flow(told)}".rstrip())
            return
        lines.append(lead)
        if isinstance(value, dict):
            for key, one in value.items():
                write(one, (*here, key), f"{indent}  {key}:", f"{indent}  ")
        else:
            for number, one in enumerate(value):
                write(one, (*here, number), f"{indent}  -", f"{indent}  ")

    for key, value in whole.items():
        write(value, (key,), f"{key}:", "")
    told = {places[place] for place in (path, *USED.get(path[:1], ())) if place in places}
    above = {places[path[:-1]] + line for line in (0, 1)} if path[:-1] else set()  # its key, or the first word in it
    return Written("\n".join(lines) + "\n", frozenset(told | above))


def _flow(value: Any) -> str:
    """A value on one line: texts as people write them, in quotes only where braces would make them something else."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False) if "{" in value else value
    return json.dumps(value, ensure_ascii=False)


def _checked(found: Sequence[Diagnostic], file: Written, what: object) -> None:
    """Each is said in both languages, and one of them stands where the value does."""
    for one in found:
        for language in ("en", "ja"):
            assert one.message[language], what
            assert "None" not in one.message[language], (what, one.message)
            assert not one.cure or one.cure[language], (what, one.cure)
    errors = [one for one in found if one.is_error]
    assert not errors or {one.line for one in errors} & file.lines, (
        what,
        [(e.line, e.message["en"]) for e in errors],
        file,
    )


def test_what_is_written_here_is_sound(catalogue: Catalogue) -> None:
    for whole in (RULES, FIELDS):
        text = written(whole, (), None).text
        loaded = (
            load_catalogue([Source("x.yaml", text)])
            if whole is FIELDS
            else load_rules([Source("x.yaml", text)], catalogue)
        )
        assert [one for one in loaded.diagnostics if one.is_error] == [], loaded.render("en")


@pytest.mark.parametrize("shape", SHAPES, ids=["list", "mapping", "text", "number", "nothing"])
def test_a_word_of_a_rule_file_in_another_shape(catalogue: Catalogue, shape: Shape) -> None:
    for path in paths(RULES):
        file = written(RULES, path, shape)
        _checked(load_rules([Source("x.yaml", file.text)], catalogue).diagnostics, file, (path, shape))


@pytest.mark.parametrize("shape", SHAPES, ids=["list", "mapping", "text", "number", "nothing"])
def test_a_word_of_a_file_of_fields_in_another_shape(shape: Shape) -> None:
    for path in paths(FIELDS):
        file = written(FIELDS, path, shape)
        _checked(load_catalogue([Source("x.yaml", file.text)]).diagnostics, file, (path, shape))
