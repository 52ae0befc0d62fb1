"""Every sentence exists in every language, means the same placeholders, and is what was compiled."""

from __future__ import annotations

import gettext
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import stalewatch.cli
import stalewatch.delivery
import stalewatch.services.answering
import stalewatch.web
from stalewatch.delivery.catalogues import LANGUAGES, SOURCE_LANGUAGE, translations

DELIVERY = Path(stalewatch.delivery.__file__).parent
OTHERS = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]

Key = tuple[str, str | None]


SPEAKERS = (
    DELIVERY,
    *(Path(room.__file__).parent for room in (stalewatch.cli, stalewatch.web, stalewatch.services.answering)),
)
"""The folders whose sentences are translated."""
SPOKEN = [("**.py", "python"), ("**.html", "jinja2")]
"""How sentences stand in programs and in templates."""


def said_in_the_source(*folders: Path) -> set[Key]:
    found = set()
    for folder in folders or SPEAKERS:
        for _, _, message, _, context in extract_from_dir(str(folder), method_map=SPOKEN):
            found.add((message[0] if isinstance(message, tuple) else message, context))
    return found


def key(message: Message) -> Key:
    """The sentence and its context, which Babel reads as bytes from compiled catalogues."""
    plain = message.id if isinstance(message.id, str) else message.id[0]
    context: str | bytes | None = message.context
    return plain, context.decode() if isinstance(context, bytes) else context


def catalogue(language: str, suffix: str) -> Catalog:
    path = DELIVERY / "locale" / language / "LC_MESSAGES" / f"stalewatch.{suffix}"
    with path.open("rb") as stream:
        return read_po(stream, locale=language) if suffix == "po" else read_mo(stream)


def sentences(language: str, suffix: str = "po") -> dict[Key, Message]:
    return {key(message): message for message in catalogue(language, suffix) if message.id}


def texts(message: Message) -> tuple[str, ...]:
    return (message.string,) if isinstance(message.string, str) else tuple(message.string or ())


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def pairs() -> Iterator[Any]:
    for language in OTHERS:
        for message in sentences(language).values():
            yield pytest.param(message, id=f"{language}: {key(message)[0][:40]}")


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_is_missing_and_none_is_left_over(language: str) -> None:
    assert set(sentences(language)) == said_in_the_source()


@pytest.mark.parametrize("message", list(pairs()))
def test_a_translation_is_complete_and_uses_the_same_placeholders(message: Message) -> None:
    assert not message.fuzzy
    original = message.id if isinstance(message.id, str) else message.id[-1]
    assert texts(message)
    for text in texts(message):
        assert text.strip()
        assert placeholders(text) == placeholders(original)


@pytest.mark.parametrize("language", OTHERS)
def test_what_was_compiled_is_what_was_written(language: str) -> None:
    written = {name: texts(message) for name, message in sentences(language).items()}
    compiled = {name: texts(message) for name, message in sentences(language, "mo").items()}
    assert compiled == written, "run: pybabel compile -D stalewatch -d src/stalewatch/delivery/locale"


def test_a_language_that_nobody_wrote_is_answered_in_english() -> None:
    assert type(translations("tlh")) is gettext.NullTranslations
    assert translations("../../etc").gettext("Soon") == "Soon"


def test_nothing_shouts_and_no_jargon_of_ours_reaches_a_rep() -> None:
    everything = " ".join(name for name, _ in said_in_the_source())
    japanese = " ".join(text for message in sentences("ja").values() for text in texts(message))
    assert "!" not in everything + japanese
    assert "!" not in japanese
    for word in ("SLA", "breach", "alert", "episode", "アラート", "違反"):
        assert word not in everything + japanese
