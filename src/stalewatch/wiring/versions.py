"""Rules other than those in force, to be compared with them: files, folders, or the configuration of a project."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from stalewatch.services.rules import rulefiles
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.settings import Settings
from stalewatch.wiring.checking import BrokenProject, read_settings

_RULES: Final = re.compile(
    rb"^(pack|include|bands|scores|exceptions):|^rules:\s*(\n\s*-\s*(\{|(id|use)\s*:)|\[\s*\{)", re.MULTILINE
)
_PROJECT: Final = re.compile(
    rb"^(database|catalogue|connections|notify|people|teams|defaults|modes|calendars|routes|rules):", re.MULTILINE
)


def book_of(path: Path, project: Settings, today: date, language: str) -> Rulebook:
    """The rules at a path.

    A file or folder of rules is judged by the project's catalogue, calendars, modes and defaults; a configuration
    (a stalewatch.yaml) brings its own. What a configuration says of connections and secrets does not matter.

    Raises:
        BrokenProject: there are errors in the rules, all of which it tells.
        ConfigurationError: it cannot be read.
    """
    settings = read_settings(path).draft if is_project(path) else replace(project, rules=(path,))
    checked = rulefiles.check_project(settings, today)
    book = rulefiles.rulebook(checked, settings)
    if book is None:
        raise BrokenProject(checked.render(language))
    return book


def is_project(path: Path) -> bool:
    """True for a configuration, False for a file of rules or a folder."""
    if not path.is_file():
        return False
    text = path.read_bytes()
    return not _RULES.search(text) and bool(_PROJECT.search(text))
