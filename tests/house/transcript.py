"""What a page tells its reader to do at terminals and in an editor, done; what it shows must be what is printed."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import chdir, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

from stalewatch.cli import main
from tests.house.pages import Block
from tests.house.snippets import write
from tests.patience import PATIENCE

OTHER: Final = "the other terminal"
"""Behind ```sh: something that keeps running; behind ```text: what it says there, sooner or later."""
_PROGRAM: Final = (sys.executable, "-u", "-c", "from stalewatch.cli.main import main; main()")
_ENDS: Final = "^C"
_SHELL: Final = re.compile(r"[|<>;&$`#*]")


class Shell:
    """A person at a terminal: the folder they are in stays from one line to the next."""

    def __init__(self, home: Path) -> None:
        self.folder, self._note = home, home / ".where"

    def types(self, script: str) -> tuple[int, str]:
        """Run the lines of a block, to the first that fails; its exit status and everything that was printed."""
        status, printed = 0, ""
        for line in script.splitlines():
            status, said = self._alone(line) if line.startswith("stalewatch ") else self._in_sh(line)
            printed += said
            if status:
                break
        return status, printed

    def _alone(self, line: str) -> tuple[int, str]:
        """A call of ours and nothing else needs no process of its own: Python is started once."""
        if _SHELL.search(line):
            return self._in_sh(line)
        said = StringIO()
        with chdir(self.folder), redirect_stdout(said), redirect_stderr(said):
            status = main.run(shlex.split(line)[1:])
        return status, said.getvalue()

    def _in_sh(self, line: str) -> tuple[int, str]:
        bin_folder = Path(sys.executable).parent
        ended = subprocess.run(
            ["sh", "-c", f"{line}\nstatus=$?; pwd > {shlex.quote(str(self._note))}; exit $status"],
            cwd=self.folder, env={"PATH": f"{bin_folder}:/usr/bin:/bin", "LANG": "C.UTF-8"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        self.folder = Path(self._note.read_text().strip())
        return ended.returncode, ended.stdout


class Running:
    """What was started in a terminal of its own, and what it says there."""

    def __init__(self, words: list[str], folder: Path, paper: Path) -> None:
        self._paper = paper
        with paper.open("w") as stream:
            environment = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
            self._process = subprocess.Popen(
                [*_PROGRAM, *words], cwd=folder, env=environment, stdout=stream, stderr=subprocess.STDOUT
            )

    def waits_for(self, text: str) -> None:
        """Until it has said all of this."""
        wanted, ends = text.splitlines(), time.monotonic() + PATIENCE
        while not all(line in self._said() for line in wanted):
            assert self._process.poll() is None, f"it ended:\n{self._said()}"
            assert time.monotonic() < ends, f"not said in {PATIENCE:.0f} seconds: {wanted}\n{self._said()}"
            time.sleep(0.05)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ctrl-C, or what nobody can refuse."""
        self._process.send_signal(how)
        self._process.wait(PATIENCE)

    def _said(self) -> str:
        return self._paper.read_text("utf-8")


class Reader:
    """Somebody who does what a page says, block by block.

    Args:
        ports: numbers on the page, and the free ones that stand for them on this machine.
    """

    def __init__(self, home: Path, ports: Mapping[str, str]) -> None:
        self.shell, self._home, self._ports = Shell(home), home, ports
        self._running: list[Running] = []
        self.printed, self.status = "", 0

    def does(self, block: Block) -> None:
        """Type it, save it, change it, or compare it with what was printed."""
        if block.note == OTHER:
            self._beside(block)
        elif block.language == "sh":
            self.status, self.printed = self.shell.types(self._here(block.text))
        elif block.language == "text":
            assert shows(self.printed, block.text), f"{block.place}: not in\n{self.printed}"
        elif block.language == "diff":
            edit(self.shell.folder / block.note, block.text)
        else:
            path = self.shell.folder / block.note
            path.parent.mkdir(exist_ok=True)
            write(path, block.text)

    def leaves(self) -> None:
        """Everything that still runs is ended."""
        while self._running:
            self._running.pop().end(signal.SIGKILL)

    def _beside(self, block: Block) -> None:
        if block.language == "text":
            self._running[-1].waits_for(block.text)
        elif block.text.strip() == _ENDS:
            self._running.pop().end()
        else:
            *ways, line = self._here(block.text).splitlines()
            folder = self._home.joinpath(*(way.removeprefix("cd ") for way in ways))
            paper = self._home / f".terminal-{len(self._running)}"
            self._running.append(Running(shlex.split(line)[1:], folder, paper))
            self._running[-1].waits_for("Ctrl-C")

    def _here(self, script: str) -> str:
        for number, free in self._ports.items():
            script = script.replace(number, free)
        return script


def shows(printed: str, shown: str) -> bool:
    """Whether the lines of a page were printed, one below the other; `...` stands for lines that are left out."""
    lines, at = [line.rstrip() for line in printed.splitlines()], 0
    for part in re.split(r"^\.\.\.\n", shown, flags=re.MULTILINE):
        wanted = [line.rstrip() for line in part.splitlines()]
        places = range(at, len(lines) - len(wanted) + 1)
        found = next((place for place in places if lines[place : place + len(wanted)] == wanted), None)
        if found is None:
            return False
        at = found + len(wanted)
    return True


def edit(path: Path, diff: str) -> None:
    """What the reader does in an editor: replace the lines marked - by those marked +."""
    old = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("-"))
    new = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path.name} does not have {old!r} once"
    path.write_text(text.replace(old, new), "utf-8")
