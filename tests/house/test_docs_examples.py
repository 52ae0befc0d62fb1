"""What docs/ shows is true: rules and configurations check clean, commands run, plugins keep the contract."""

from __future__ import annotations

import base64
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stalewatch.cli import main
from stalewatch.cli.invocation import Command
from stalewatch.delivery.webhook import signed
from tests.house.pages import Block, Page, doc, page, pages
from tests.house.snippets import RECIPE, WRONG, project_in, said_of, write
from tests.house.transcript import Shell
from tests.house.tree import ROOT

BLOCKS = [block for one in pages() for block in one.blocks]
CLEAN = [
    block
    for block in BLOCKS
    if block.language == "yaml" and not block.note.startswith((WRONG, RECIPE)) and not block.note.endswith(".yaml")
]
"""Every block of YAML but those that test_docs_rules.py reads: errors with what is said of them, and recipes."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_in(tmp_path)


# --------------------------------------------------------------------------------------------------------- YAML


@pytest.mark.parametrize("block", CLEAN, ids=lambda one: one.place)
def test_yaml_on_a_page_checks_clean(block: Block, project: Path) -> None:
    assert said_of(block, project) == ""


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


def test_the_first_five_minutes_work_as_the_readme_says(tmp_path: Path) -> None:
    [block] = page(ROOT / "README.md").section("Install").blocks
    shell = Shell(tmp_path)
    for line in block.text.splitlines():
        if not line.startswith("pip "):  # test_wheel.py installs what pip would
            status, printed = shell.types(line)
            assert status == 0, f"{line}\n{printed}"


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


# ----------------------------------------------------------------------------------------------------- webhooks


def test_whoever_receives_a_webhook_as_the_page_says_knows_ours_from_others() -> None:
    [example] = [block for block in doc("webhooks.md").blocks if block.language == "python"]
    written: dict[str, Any] = {}
    exec(example.text, written)  # noqa: S102 - of our own page
    is_ours = written["is_ours"]
    old, new, foreign = (f"whsec_{base64.b64encode(letter * 24).decode()}" for letter in (b"o", b"n", b"f"))
    now, body = int(time.time()), b'{"type": "alert.opened"}'
    headers = signed((old, new), "evt_1", now, body)

    assert is_ours(old, headers, body)
    assert is_ours(new, headers, body)
    assert not is_ours(foreign, headers, body)
    assert not is_ours(new, headers, body + b" ")
    assert not is_ours(new, headers | {"webhook-id": "evt_2"}, body)
    assert not is_ours(new, signed((new,), "evt_1", now - 400, body), body), "repeated by somebody"
