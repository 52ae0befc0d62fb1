"""The command line answers at once, takes its options anywhere, and says what went wrong in three lines at most."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import click
import pytest

from stalewatch import __version__
from stalewatch.cli.invocation import Invocation, command, group
from stalewatch.cli.main import COMMANDS, INTERRUPTED, Lazy, LazyGroup, run
from stalewatch.sdk.errors import ConfigurationError
from tests.patience import PATIENCE

SLOW = {"sqlalchemy", "numpy", "fastapi", "pydantic", "uvicorn", "apscheduler", "holidays", "babel", "alembic"}

heard: list[Invocation] = []
"""What the commands of the little program below were called with."""


@command()
def listen(invocation: Invocation) -> None:
    """Note how it was called."""
    heard.append(invocation)


@command()
@click.argument("status", type=int)
def answer(_: Invocation, status: int) -> int:
    """End with a status."""
    return status


@group("below")
def below() -> None:
    """Hold another command."""


below.add_command(listen, "listen")

FAULTS: dict[str, BaseException] = {
    "configuration": ConfigurationError("no such rule", where="stalewatch.yaml:3:1", cure="write one"),
    "ours": KeyError("stage"),
    "file": FileNotFoundError(2, "No such file or directory", "deals.csv"),
    "full": OSError(28, "No space left on device"),
    "ctrl-c": KeyboardInterrupt(),
    "pipe": BrokenPipeError(32, "Broken pipe"),
}


@command()
@click.argument("fault")
def fail(_: Invocation, fault: str) -> None:
    """Raise something."""
    raise FAULTS[fault]


@pytest.fixture
def program() -> Iterator[click.Group]:
    """A root with the commands above, imported by name as the real ones are."""
    module = ModuleType("a_program_for_tests")
    vars(module).update(listen=listen, answer=answer, below=below, fail=fail)
    sys.modules[module.__name__] = module
    names = ("listen", "answer", "below", "fail")
    yield LazyGroup("stalewatch", table={name: Lazy(f"{module.__name__}:{name}", f"does {name}") for name in names})
    del sys.modules[module.__name__]
    heard.clear()


def test_help_lists_commands_without_importing_what_they_need() -> None:
    code = (
        "import sys; from stalewatch.cli.main import run; status = run(['--help']);"
        f"sys.exit(status or ','.join({SLOW!r} & sys.modules.keys()) or 0)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "stalewatch demo --once" in said.stdout
    assert all(name in said.stdout for name in COMMANDS)


def test_every_command_of_the_table_explains_itself(capsys: pytest.CaptureFixture[str]) -> None:
    for name in COMMANDS:
        assert run([name, "--help"]) == 0
        shown = capsys.readouterr().out
        assert f"stalewatch {name}" in shown
        assert "--config" in shown


def test_a_command_is_imported_only_when_it_is_called(capsys: pytest.CaptureFixture[str]) -> None:
    root = LazyGroup("stalewatch", table={"gone": Lazy("a_module_that_is_not_there:gone", "does nothing")})
    assert run(["--help"], root) == 0
    assert "does nothing" in capsys.readouterr().out
    assert run(["gone"], root) == 1


ASKED = Invocation(
    config=Path("there.yaml"), lang="ja", json=True, now=datetime(2026, 4, 15, 9, tzinfo=UTC), debug=True
)
OPTIONS = ["--config", "there.yaml", "--lang", "ja", "--json", "--now", "2026-04-15T09:00:00Z", "--debug"]


@pytest.mark.parametrize("cut", [0, 2, 4, 5, 7, 8])
def test_the_options_of_the_program_stand_before_or_after_the_command(program: click.Group, cut: int) -> None:
    assert run([*OPTIONS[:cut], "listen", *OPTIONS[cut:]], program) == 0
    assert run([*OPTIONS[:cut], "below", "listen", *OPTIONS[cut:]], program) == 0
    assert heard == [ASKED, ASKED]


def test_what_is_said_last_counts(program: click.Group) -> None:
    assert run(["--lang", "en", "listen", "--lang", "ja"], program) == 0
    assert heard == [Invocation(lang="ja")]


def test_nothing_said_is_the_file_in_this_folder(program: click.Group) -> None:
    assert run(["listen"], program) == 0
    assert heard == [Invocation(config=Path("stalewatch.yaml"))]


@pytest.mark.parametrize("status", [0, 1, 3])
def test_a_command_returns_its_status(program: click.Group, status: int) -> None:
    assert run(["answer", str(status)], program) == status


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        ("configuration", ["stalewatch.yaml:3:1: no such rule", "  write one"]),
        ("file", ["deals.csv: No such file or directory"]),
        ("full", ["No space left on device"]),
        (
            "ours",
            [
                "unexpected KeyError: 'stage'",
                "  This is a fault in stalewatch. Run it again with --debug and send us what it prints.",
            ],
        ),
    ],
)
def test_a_fault_is_told_in_a_few_lines(
    program: click.Group, capsys: pytest.CaptureFixture[str], fault: str, lines: list[str]
) -> None:
    assert run(["fail", fault], program) == 1
    said = capsys.readouterr()
    assert said.err.splitlines() == lines
    assert said.out == ""


@pytest.mark.parametrize("line", [["--debug", "fail", "ours"], ["fail", "ours", "--debug"]])
def test_debug_shows_where(program: click.Group, capsys: pytest.CaptureFixture[str], line: list[str]) -> None:
    assert run(line, program) == 1
    assert "Traceback" in capsys.readouterr().err


def test_ctrl_c_is_no_fault(program: click.Group, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fail", "ctrl-c"], program) == INTERRUPTED
    assert capsys.readouterr().err.strip() == ""


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (["lisen"], "there is no command 'lisen'; did you mean 'listen'?\n  See 'stalewatch --help'.\n"),
        (["frobnicate"], "there is no command 'frobnicate'\n  See 'stalewatch --help'.\n"),
        (["listen", "--what"], "--what'.\n  See 'stalewatch listen --help'.\n"),
        (["--now", "2026-04-15T09:00", "listen"], "has no time zone; write 2026-04-15T09:00Z or"),
        (["--now", "tomorrow", "listen"], "'tomorrow' is not a time; write it like 2026-04-15T09:00:00+09:00"),
        (["--lang", "fr", "listen"], "'fr' is not one of 'en', 'ja'"),
    ],
)
def test_a_call_we_do_not_understand_is_answered_with_what_would_do(
    program: click.Group, capsys: pytest.CaptureFixture[str], line: list[str], complaint: str
) -> None:
    assert run(line, program) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert said.count("\n") <= 3
    assert heard == []


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"stalewatch {__version__}\n"


CHATTER = """
import sys, types, click
from stalewatch.cli.invocation import command
from stalewatch.cli.main import Lazy, LazyGroup, run

@command()
def chatter(_):
    for _ in range(10_000):
        click.echo("x" * 100)

sys.modules["program"] = types.SimpleNamespace(chatter=chatter)
sys.exit(run(["chatter"], LazyGroup("stalewatch", table={"chatter": Lazy("program:chatter", "talks on")})))
"""


def test_a_reader_that_goes_away_ends_the_program_quietly() -> None:
    """`stalewatch deals stalled | head -1`: the pipe is closed while much is still to be printed."""
    with subprocess.Popen([sys.executable, "-c", CHATTER], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stderr is not None
        writer.stdout.readline()
        writer.stdout.close()
        assert writer.stderr.read() == b""
        assert writer.wait(PATIENCE) == 1
