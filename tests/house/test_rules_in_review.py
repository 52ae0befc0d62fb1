"""The workflow for pull requests: it parses, asks for little, and every command in it is one of ours."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from stalewatch import __version__
from stalewatch.cli import main
from stalewatch.cli.invocation import Command
from tests.house.tree import ROOT

PATH = ROOT / "docs" / "examples" / "rules-check.yml"
WORKFLOW: dict[Any, Any] = yaml.safe_load(PATH.read_text("utf-8"))
[JOB] = WORKFLOW["jobs"].values()


def commands() -> Iterator[list[str]]:
    """Every call of stalewatch, as a shell would pass it."""
    for step in JOB["steps"]:
        for line in step.get("run", "").splitlines():
            words = shlex.split(line.partition(">")[0])
            if words[:1] == ["stalewatch"]:
                yield words[1:]


@pytest.mark.parametrize("call", list(commands()), ids=" ".join)
def test_a_command_of_the_workflow_is_understood(
    call: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str | None] = []
    monkeypatch.setattr(Command, "invoke", lambda self, _context: ran.append(self.name))
    assert main.run(call) == 0, capsys.readouterr().err
    assert ran == [call[1]]


def test_it_checks_tests_and_compares() -> None:
    assert [call[:2] for call in commands()] == [["rules", "check"], ["rules", "test"], ["rules", "diff"]]


@pytest.mark.security
def test_it_may_do_little_and_what_it_uses_is_pinned() -> None:
    """S32: no right but the comment's, no floating action, no text of the pull request in a shell."""
    assert WORKFLOW["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "permissions" not in JOB
    assert set(WORKFLOW[True]) == {"pull_request"}, "with secrets, never for what a fork wrote"
    used = [step["uses"] for step in JOB["steps"] if "uses" in step]
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+\.\d+\.\d+", one) for one in used)
    assert not any("${{" in step.get("run", "") for step in JOB["steps"])
    assert JOB["env"]["STALEWATCH_VERSION"] == __version__
