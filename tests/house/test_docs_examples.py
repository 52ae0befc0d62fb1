"""What docs/ shows is true: rules and configurations check clean, commands run, plugins keep the contract."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from stalewatch import shipped
from stalewatch.cli import main
from stalewatch.cli.invocation import Command
from stalewatch.clock import FixedClock
from stalewatch.domain.language.catalogue import load_catalogue
from stalewatch.domain.language.nodes import Source
from stalewatch.sdk.testing import NOON
from stalewatch.services.rules.rule_tests import run_tests
from stalewatch.services.rules.rulefiles import Checked, check_files, check_project, rulebook
from stalewatch.settings import load
from stalewatch.wiring import installed
from stalewatch.wiring.connectors import make_connector
from tests.house.pages import DOCS, Block, Page, doc, page, pages
from tests.house.tree import CONNECTORS, ROOT

TODAY = date(2026, 4, 1)
BLOCKS = [block for one in pages() for block in one.blocks]
YAML = [block for block in BLOCKS if block.language == "yaml"]
NEEDED = {
    "id": "example",
    "title": "{en: Example, ja: 例}",
    "watch": "deal",
    "start": "stage_entered_at",
    "within": "10bd",
}
INSTALLED = installed()
WITH_PAGES = [path.stem for path in DOCS.glob("*.md") if (CONNECTORS / f"stalewatch_{path.stem}").is_dir()]
OFFERED = replace(
    INSTALLED,
    connectors=WITH_PAGES,  # also those that this environment has not installed yet
    connector_hosts=lambda name: INSTALLED.connector_hosts(name) if name in INSTALLED.connectors else (),
)
OUR_PACK = "stalewatch: 1\npack: example\ninclude: [default]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of a project with the starter pack, to hold the page's file beside it."""
    for name in ("rules/tests", "exports"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "rules" / "default.yaml").write_text((shipped.rules() / "default.yaml").read_text("utf-8"), "utf-8")
    for name in ("fields.yaml", "more.yaml"):
        (tmp_path / name).write_text("stalewatch: 1\n", "utf-8")
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


# --------------------------------------------------------------------------------------------------------- YAML


def findings(checked: Checked) -> list[str]:
    return [f"{found.line}: {found.code} {found.message['en']}" for found in checked.diagnostics]


def rule_file(text: str, project: Path) -> list[str]:
    return findings(check_files([write(project / "rules" / "example.yaml", text)], None, TODAY))


def one_rule(text: str, project: Path) -> list[str]:
    """Keys of a rule, completed by those that every rule needs."""
    written = set(re.findall(r"^(\w+)[+-]?:", text, re.MULTILINE))
    ready = {} if "use" in written else NEEDED
    lines = [f"{key}: {value}" for key, value in ready.items() if key not in written] + text.splitlines()
    rule = "\n".join(f"    {line}" for line in lines)
    return rule_file(f"{OUR_PACK}rules:\n  -\n{rule}\n", project)


def part_of_a_file(text: str, project: Path) -> list[str]:
    return rule_file(OUR_PACK + text, project)


def configuration(text: str, project: Path) -> list[str]:
    """A whole project: what the file says of fields, rules and connectors is checked as well; every variable is set."""
    names = re.findall(r"\$\{(\w+)\}", text)
    loaded = load(write(project / "stalewatch.yaml", text), dict.fromkeys(names, "x"), OFFERED)
    checked = check_project(loaded.draft, TODAY, loaded.diagnostics)
    book = rulebook(checked, loaded.draft)
    for connection in loaded.draft.connections:
        if book is not None and connection.type in INSTALLED.connectors:
            make_connector(loaded.draft, connection, book, FixedClock(NOON))
    return findings(checked)


def part_of_a_configuration(text: str, project: Path) -> list[str]:
    return configuration(f"stalewatch: 1\n{text}", project)


def part_of_a_catalogue(text: str, _project: Path) -> list[str]:
    built_in = Source("fields.yaml", (shipped.rules() / "fields.yaml").read_text("utf-8"))
    found = load_catalogue([built_in, Source("example", f"stalewatch: 1\n{text}")])
    return [f"{one.line}: {one.code} {one.message['en']}" for one in found.diagnostics]


def trial_file(text: str, project: Path) -> list[str]:
    outcome = run_tests([write(project / "rules" / "tests" / "example.test.yaml", text)], None, TODAY)
    failed = [f"{one.mismatch.expectation.line}: {one.mismatch}" for one in outcome.failures]
    return failed + [f"{one.line}: {one.code} {one.message['en']}" for one in outcome.diagnostics]


PARTS: dict[str, Callable[[str, Path], list[str]]] = {
    "rule": one_rule,
    "file": part_of_a_file,
    "settings": part_of_a_configuration,
    "fields": part_of_a_catalogue,
}


def check_of(block: Block) -> Callable[[str, Path], list[str]]:
    """How a block is checked: by the word behind ```yaml, or as the whole file that it is."""
    if block.note in PARTS:
        return PARTS[block.note]
    if block.text.startswith("stalewatch_test: 1"):
        return trial_file
    assert block.text.startswith("stalewatch: 1"), f"{block.place}: a whole file, or one of ```yaml {' '.join(PARTS)}"
    return rule_file if "\nrules:\n" in block.text else configuration


@pytest.mark.parametrize("block", [one for one in YAML if not one.note.endswith(".yaml")], ids=lambda one: one.place)
def test_yaml_on_a_page_checks_clean(block: Block, project: Path) -> None:
    assert check_of(block)(block.text, project) == []


# ----------------------------------------------------------------------------------------------------- commands


def typed(block: Block) -> Iterator[list[str]]:
    """Each call of stalewatch in a shell block, as a list of its arguments."""
    for line in block.text.splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars="&|>;")
        words.whitespace_split = True
        call: list[str] = []
        for word in [*words, ";"]:
            if set(word) <= set("&|>;"):
                if call[:1] == ["stalewatch"]:
                    yield call[1:]
                call = []
            else:
                call.append(word)


CALLS = [(block.place, call) for block in BLOCKS if block.language == "sh" for call in typed(block)]


@pytest.mark.parametrize(("place", "call"), CALLS, ids=[f"{place} {' '.join(call)}" for place, call in CALLS])
def test_a_command_on_a_page_is_understood(
    place: str, call: list[str], project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str | None] = []
    monkeypatch.chdir(project)
    monkeypatch.setattr(Command, "invoke", lambda self, _context: ran.append(self.name))
    assert main.run(call) == 0, capsys.readouterr().err
    assert ran or call == ["--version"], f"{place} calls no command"


class Shell:
    """A person at a terminal: the folder they are in stays from one block to the next."""

    def __init__(self, home: Path) -> None:
        self.folder, self._note = home, home / ".where"

    def types(self, script: str) -> tuple[int, str]:
        """Run a block; its exit status and everything it printed."""
        bin_folder = Path(sys.executable).parent
        ended = subprocess.run(
            ["sh", "-c", f"{script}\nstatus=$?; pwd > {shlex.quote(str(self._note))}; exit $status"],
            cwd=self.folder, env={"PATH": f"{bin_folder}:/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.folder = Path(self._note.read_text().strip())
        return ended.returncode, ended.stdout


def test_the_first_five_minutes_work_as_the_readme_says(tmp_path: Path) -> None:
    [block] = page(ROOT / "README.md").section("Install").blocks
    shell = Shell(tmp_path)
    for line in block.text.splitlines():
        if not line.startswith("pip "):  # test_wheel.py installs what pip would
            status, printed = shell.types(line)
            assert status == 0, f"{line}\n{printed}"


def test_the_tutorial_of_rules_works_word_by_word(tmp_path: Path) -> None:
    shell, printed, status = Shell(tmp_path), "", 0
    for block in doc("rules.md").section("Ten minutes").blocks:
        if block.language == "sh":
            status, printed = shell.types(block.text)
        elif block.language == "text":
            lost = [line for line in block.text.splitlines() if line != "..." and line not in printed]
            assert lost == [], f"{block.place}: not in\n{printed}"
        elif block.language == "diff":
            edit(shell.folder / block.note, block.text)
        else:
            (shell.folder / block.note).parent.mkdir(exist_ok=True)
            write(shell.folder / block.note, block.text)
    assert status == 0, printed


def edit(path: Path, diff: str) -> None:
    """What the reader does in an editor: replace the lines marked - by those marked +."""
    old = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("-"))
    new = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path.name} does not have {old!r} once"
    path.write_text(text.replace(old, new), "utf-8")


# ------------------------------------------------------------------------------------------------------ plugins


def test_the_plugins_on_the_page_keep_the_contract_of_all_plugins(tmp_path: Path) -> None:
    here: Page = doc("plugins.md")
    written = {block.note: block.text for block in here.blocks if block.language == "python"}
    assert {name.removeprefix("test_") for name in written if name.startswith("test_")} == {
        name for name in written if not name.startswith("test_")
    }
    for name, text in written.items():
        write(tmp_path / name, text)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--rootdir", ".", "."],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout
