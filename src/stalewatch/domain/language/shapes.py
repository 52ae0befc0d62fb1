"""Readers for the plain parts of a file: a text, a list of names, a text per language."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Mapping as Dict
from datetime import date, datetime
from typing import Final

from stalewatch.domain.language.diagnostics import LANGUAGES, Cure, Findings, cure
from stalewatch.domain.language.model import Words
from stalewatch.domain.language.nearest import nearest
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Sequence, is_empty
from stalewatch.domain.language.terms import THINGS

_NAME = re.compile(r"\w[\w.-]{0,63}")
_MOST_STRAYS: Final = 50
_USUAL_CURES: Final = {
    "mapping": "write_keys",
    "list": "write_list",
    "names": "write_list",
    "text": "one_text",
    "name": "one_name",
}
_LANGUAGE_NAMES: Dict[str, Words] = {
    "en": {"en": "English", "ja": "英語"},
    "ja": {"en": "Japanese", "ja": "日本語"},
}


def wrong(key: str, node: Node, wanted: str, findings: Findings, remedy: Cure | None = None) -> None:
    """Report that a key holds something of another shape; `wanted` is a row of `terms.THINGS`."""
    usual = _USUAL_CURES.get(wanted)
    findings.report("wrong_shape", node, remedy or (cure(usual) if usual else None), key=key, wanted=THINGS[wanted])


def missing(
    key: str, node: Node, known: Iterable[str], thing: Words, findings: Findings, at: Node | None = None
) -> None:
    """Report a key that is not there; if it is only misspelt, which is told at its place, the cure is left out."""
    strays = (
        [entry.name for entry in node if entry.name not in known][:_MOST_STRAYS] if isinstance(node, Mapping) else []
    )
    misspelt = any((near := nearest(stray, known)) and near.name == key for stray in strays)
    remedy = None if misspelt else cure("add_word", key=key)
    findings.report("missing_word", at or node, remedy, thing=thing, key=key)


def check_keys(node: Mapping, known: Iterable[str], thing: str | Words, findings: Findings) -> None:
    """Report every key that the thing (a row of `terms.THINGS`, or its name in words) does not have."""
    known = tuple(known)
    for entry in node:
        if entry.name not in known:
            remedy = cure("one_of", names=", ".join(known))
            named = THINGS[thing] if isinstance(thing, str) else thing
            findings.unknown("unknown_key", entry.key, entry.name, known, remedy, thing=named)


def text_of(key: str, node: Node | None, findings: Findings) -> str | None:
    """The text of a key; None if the key is not there. Numbers and dates are taken as they were written."""
    if node is None:
        return None
    if not isinstance(node, Scalar) or node.value is None:
        wrong(key, node, "text", findings)
        return None
    return node.text


def name_of(key: str, node: Node | None, findings: Findings) -> str | None:
    """The text of a key that names something: letters, digits, `-`, `_` and `.`, at most 64."""
    text = text_of(key, node, findings)
    if text is not None and node is not None and not _NAME.fullmatch(text):
        findings.report("not_an_id", node, cure("letters"), text=text)
        return None
    return text


def scalars_of(key: str, node: Node | None, findings: Findings) -> tuple[Scalar, ...]:
    """The values of a list; one value alone counts as a list of one."""
    if node is None or is_empty(node):
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    for item in items:
        if not isinstance(item, Scalar) or item.value is None:
            wrong(key, item, "names", findings)
    return tuple(item for item in items if isinstance(item, Scalar) and item.value is not None)


def mapping_of(key: str, node: Node | None, findings: Findings) -> Mapping | None:
    """The keys under a key; None if it is not there or holds something else."""
    if node is None or isinstance(node, Mapping):
        return node
    if not is_empty(node):
        wrong(key, node, "mapping", findings)
    return None


def items_of(key: str, node: Node | None, findings: Findings) -> tuple[Node, ...]:
    """The items of a list; nothing if the key is not there."""
    if isinstance(node, Sequence):
        return node.items
    if node is not None and not is_empty(node):
        wrong(key, node, "list", findings)
    return ()


def words_of(key: str, node: Node | None, findings: Findings) -> Words:
    """A text per language. One text without a language is for readers of every language."""
    if node is None:
        return {}
    if isinstance(node, Scalar) and node.value is not None:
        return dict.fromkeys(LANGUAGES, node.text)
    if not isinstance(node, Mapping):
        wrong(key, node, "text", findings)
        return {}
    check_keys(node, LANGUAGES, "words", findings)
    texts = {entry.name: text_of(entry.name, entry.value, findings) for entry in node if entry.name in LANGUAGES}
    for language in LANGUAGES:
        if language not in texts:
            remedy = cure("add_language", key=language)
            findings.report("language_missing", node, remedy, key=key, language=_LANGUAGE_NAMES[language])
    return {language: text for language, text in texts.items() if text is not None}


def number_of(key: str, node: Node | None, findings: Findings) -> float | None:
    """The number of a key; None if the key is not there."""
    if node is None:
        return None
    if isinstance(node, Scalar) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    wrong(key, node, "number", findings, cure("write_number"))
    return None


def date_of(key: str, node: Node, findings: Findings) -> date | None:
    """The date of a key."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    wrong(key, node, "date", findings, cure("write_date"))
    return None
