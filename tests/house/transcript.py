"""What a page tells its reader to do at a terminal and in an editor, done."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path


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


def edit(path: Path, diff: str) -> None:
    """What the reader does in an editor: replace the lines marked - by those marked +."""
    old = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("-"))
    new = "\n".join(line[1:] for line in diff.splitlines() if line.startswith("+"))
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{path.name} does not have {old!r} once"
    path.write_text(text.replace(old, new), "utf-8")
