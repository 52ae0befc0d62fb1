"""YAML on a page, checked as a reader's file would be: a word behind ```yaml says which part of a file it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

from stalewatch import shipped
from stalewatch.clock import FixedClock
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.rendering import render
from stalewatch.sdk.testing import NOON
from stalewatch.services.rules.rule_tests import run_tests
from stalewatch.services.rules.rulefiles import Checked, check_files, check_project, rulebook
from stalewatch.settings import load
from stalewatch.wiring import installed
from stalewatch.wiring.connectors import make_connector
from tests.house.pages import DOCS, Block, Page
from tests.house.tree import CONNECTORS

TODAY: Final = date(2026, 4, 1)
WRONG: Final = "wrong "
"""Before the name of a part: it shows an error, and the block behind it what is said of it."""
RECIPE: Final = "recipe"
"""A whole rule to be pasted under `rules:`; those of a page are checked together, with the fields that it adds."""
_NEEDED: Final = {
    "id": "example",
    "title": "{en: Example, ja: 例}",
    "watch": "deal",
    "start": "stage_entered_at",
    "within": "10bd",
}
_INSTALLED: Final = installed()
_WITH_PAGES: Final = [path.stem for path in DOCS.glob("*.md") if (CONNECTORS / f"stalewatch_{path.stem}").is_dir()]
_OFFERED: Final = replace(
    _INSTALLED,
    connectors=_WITH_PAGES,  # also those that this environment has not installed yet
    connector_hosts=lambda name: _INSTALLED.connector_hosts(name) if name in _INSTALLED.connectors else (),
)
_OUR_PACK: Final = "stalewatch: 1\npack: example\ninclude: [default]\n"


def write(path: Path, text: str) -> Path:
    """A file that only its owner can read: stalewatch.yaml must be one."""
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


def project_in(folder: Path) -> Path:
    """The folder of a project with the starter pack, to hold a page's file beside it."""
    for name in ("rules/tests", "exports"):
        (folder / name).mkdir(parents=True)
    (folder / "rules" / "default.yaml").write_text((shipped.rules() / "default.yaml").read_text("utf-8"), "utf-8")
    for name in ("fields.yaml", "more.yaml"):
        (folder / name).write_text("stalewatch: 1\n", "utf-8")
    return folder


def said_of(block: Block, project: Path) -> str:
    """What the program says of a block, as it prints it; "" if nothing is wrong with it."""
    return _check_of(block)(block.text, project)


def errors_of(here: Page) -> list[tuple[Block, Block]]:
    """Every error that a page shows, with the block behind it."""
    return [(wrong, told) for wrong, told in pairwise(here.blocks) if wrong.note.startswith(WRONG)]


def shown(wrong: Block, project: Path) -> str:
    """What is printed, without what a page has not: the file, and lines of it that are not in the block."""
    said, inside = said_of(wrong, project), "    " if wrong.note.endswith(" rule") else ""
    files = [project / "rules" / "example.yaml", project / "stalewatch.yaml"]
    written = [line for path in files if path.exists() for line in path.read_text("utf-8").splitlines()]
    first = f"{inside}{wrong.text.splitlines()[0]}"
    above = written.index(first) if first in written else 0
    lines = []
    for line in said.splitlines():
        excerpt = re.fullmatch(r" *[0-9]* \| (.*)", line)
        lines.append(excerpt[1].removeprefix(inside) if excerpt else re.sub(r"^\S+:\d+:\d+: ", "", line))
    text = "".join(f"{line}\n" for line in lines).replace(f"{project}/", "")
    return re.sub(r"(\bline |example\.yaml:)(\d+)", lambda found: f"{found[1]}{int(found[2]) - above}", text)


def _check_of(block: Block) -> Callable[[str, Path], str]:
    """How a block is checked: by the word behind ```yaml, or as the whole file that it is."""
    part = block.note.removeprefix(WRONG)
    if part in PARTS:
        return PARTS[part]
    if block.text.startswith("stalewatch_test: 1"):
        return trial_file
    assert block.text.startswith("stalewatch: 1"), f"{block.place}: a whole file, or one of ```yaml {' '.join(PARTS)}"
    return rule_file if "\nrules:\n" in block.text else configuration


def rendered(checked: Checked) -> str:
    return render(checked.diagnostics, checked.sources, "en")


def rule_file(text: str, project: Path) -> str:
    """A whole file of rules."""
    return rendered(check_files([write(project / "rules" / "example.yaml", text)], None, TODAY))


def one_rule(text: str, project: Path) -> str:
    """Keys of a rule, completed by those that every rule needs."""
    written = set(re.findall(r"^(\w+)[+-]?:", text, re.MULTILINE))
    ready = {} if "use" in written else _NEEDED
    lines = [f"{key}: {value}" for key, value in ready.items() if key not in written] + text.splitlines()
    rule = "\n".join(f"    {line}" for line in lines)
    return rule_file(f"{_OUR_PACK}rules:\n  -\n{rule}\n", project)


def part_of_a_file(text: str, project: Path) -> str:
    """Keys of a file of rules, which is a pack of its own and has the starter pack in it."""
    include = "" if text.startswith("include:") else "include: [default]\n"
    return rule_file(f"stalewatch: 1\npack: example\n{include}{text}", project)


def configuration(text: str, project: Path) -> str:
    """A whole project: what the file says of fields, rules and connectors is checked as well; every variable is set."""
    names = re.findall(r"\$\{(\w+)\}", text)
    loaded = load(write(project / "stalewatch.yaml", text), dict.fromkeys(names, "x" * 24), _OFFERED)
    checked = check_project(loaded.draft, TODAY, loaded.diagnostics)
    book = rulebook(checked, loaded.draft)
    for connection in loaded.draft.connections:
        if book is not None and connection.type in _INSTALLED.connectors:
            make_connector(loaded.draft, connection, book, FixedClock(NOON))
    return rendered(checked)


def part_of_a_configuration(text: str, project: Path) -> str:
    """Keys of stalewatch.yaml."""
    return configuration(f"stalewatch: 1\n{text}", project)


def part_of_a_catalogue(text: str, _project: Path) -> str:
    """Keys of a file under `catalogue:`."""
    built_in = Source("fields.yaml", (shipped.rules() / "fields.yaml").read_text("utf-8"))
    found = load_catalogue([built_in, Source("example", f"stalewatch: 1\n{text}")])
    return render(found.diagnostics, found.sources, "en")


def trial_file(text: str, project: Path) -> str:
    """A whole test file: it is run."""
    outcome = run_tests([write(project / "rules" / "tests" / "example.test.yaml", text)], None, TODAY)
    failed = [f"{one.mismatch.expectation.line}: {one.mismatch}\n" for one in outcome.failures]
    return "".join(failed) + render(outcome.diagnostics, outcome.sources, "en")


PARTS: Final[dict[str, Callable[[str, Path], str]]] = {
    "rule": one_rule,
    "file": part_of_a_file,
    "settings": part_of_a_configuration,
    "fields": part_of_a_catalogue,
}
