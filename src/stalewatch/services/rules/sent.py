"""Rules that somebody sent instead of saving them: checked, and put among those in force, without touching a file.

What was sent can bring in only itself and the packs that travel with the program; beside `PROJECT` also the project's
other files, as they are in force. A file that is sent takes the place of the project's file of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final

from stalewatch.domain.language.composing import MOST_BYTES
from stalewatch.domain.language.nodes import Source
from stalewatch.services.rules.choices import NO_LISTS, Lists
from stalewatch.services.rules.reading import is_catalogue_text
from stalewatch.services.rules.refusal import in_project
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.services.rules.rulefiles import BUILT_IN_MARK, Checked, check_texts
from stalewatch.services.rules.rulefiles import rulebook as book_of
from stalewatch.settings import Settings

MOST_FILES: Final = 100
MOST_TOGETHER: Final = MOST_BYTES
"""Bytes of everything that is sent at once: as much as one file may have (security, S23)."""


class Beside(StrEnum):
    """What sent rules stand beside while they are checked."""

    NOTHING = "nothing"
    PROJECT = "project"


class NotRules(ValueError):
    """What was sent is no set of rule files; the text says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Rule files by their names, as somebody sent them.

    Raises:
        NotRules: there are none, too many of them, they are too long, or one is a field catalogue.
    """

    files: Mapping[str, str]
    beside: Beside

    def __post_init__(self) -> None:
        if not 1 <= len(self.files) <= MOST_FILES:
            raise NotRules(f"send 1 to {MOST_FILES} files")
        if sum(len(text.encode("utf-8", "surrogatepass")) for text in self.files.values()) > MOST_TOGETHER:
            raise NotRules(f"the files are longer than {MOST_TOGETHER // 1024} KB together")
        for name, text in self.files.items():
            if is_catalogue_text(text.encode("utf-8", "surrogatepass")):
                raise NotRules(f"{name} is a field catalogue (`fields:`); rules are checked by the one in force")

    @property
    def sources(self) -> list[Source]:
        """The files as the check reads them."""
        return [Source(name, text) for name, text in self.files.items()]


def check_sent(sent: Sent, settings: Settings, book: Rulebook, today: date, lists: Lists = NO_LISTS) -> Checked:
    """What `rules check` says of these files: by themselves, or as part of the project.

    Args:
        book: the rules in force, whose fields they are checked by.
        lists: what the CRM's own lists of values have.
    """
    catalogue, whole = book.rules.catalogue, sent.beside is Beside.PROJECT
    files = [*_others(sent, settings, book), *sent.sources] if whole else sent.sources
    return _without_settings(check_texts(files, settings, catalogue, today, lists, whole=whole), settings)


def book_with(sent: Sent, settings: Settings, book: Rulebook, today: date) -> tuple[Checked, Rulebook | None]:
    """The rules as they would be with what was sent, judging by what is in force beside them: modes, calendars,
    defaults; None instead if there is an error anywhere."""
    files = [*_others(sent, settings, book), *sent.sources] if sent.beside is Beside.PROJECT else sent.sources
    checked = check_texts(files, settings, book.rules.catalogue, today, whole=True)
    made = book_of(checked, settings)
    kept = None if made is None else replace(made, calendars=book.calendars, judging=book.judging)
    return _without_settings(checked, settings), kept


def named(source: Source, settings: Settings) -> str:
    """A rule file's name as the project's folder has it; "default.yaml (built in)" of a pack of ours."""
    return in_project(settings.path, source.path)


def _others(sent: Sent, settings: Settings, book: Rulebook) -> Sequence[Source]:
    """The project's own files that were not sent; packs of ours come in by themselves, as far as they are named."""
    mine = [Source(named(one, settings), one.text) for one in book.written if not one.path.endswith(BUILT_IN_MARK)]
    return [one for one in mine if one.path not in sent.files]


def _without_settings(checked: Checked, settings: Settings) -> Checked:
    """The check without a line of stalewatch.yaml, whose values are not for everybody's eyes; what is wrong there
    because of the rules is told by its place."""
    config = Path(settings.source.path)
    return replace(
        checked,
        sources=tuple(one for one in checked.sources if one is not settings.source),
        diagnostics=tuple(
            replace(one, file=config.name) if one.file == settings.source.path else one for one in checked.diagnostics
        ),
    )
