"""The peers' own environments: built from pins on first use, beside `.venv` and out of the package's dependencies."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2s
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"


class NotInstalled(RuntimeError):
    """A peer whose pins could not be installed, most often for want of a network."""


def environment(peer: str) -> Path:
    """The interpreter of a peer's environment, built anew when its pins changed.

    Raises:
        NotInstalled: saying the last line of pip.
    """
    pins = PEERS / peer / "requirements.txt"
    folder = ROOT / ".venv-bench" / peer
    python, stamp = folder / "bin" / "python", folder / ".pins"
    digest = blake2s(pins.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return python
    print(f"           setting up .venv-bench/{peer} from its pins ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)  # noqa: S603  # nothing here comes from outside
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        pins,
    ]
    done = subprocess.run(pip, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise NotInstalled((done.stderr.strip().splitlines() or ["pip said nothing"])[-1])
    stamp.write_text(digest)
    return python


@contextmanager
def playing(peer: str, deals: Path, size: int) -> Iterator[tuple[NDArray[np.int64], Callable[[], float]]]:
    """A peer that judges: its answers to the first `size` deals, and a function that runs a turn and says its seconds.

    Raises:
        NotInstalled: see `environment`.
    """
    answers = deals.with_name(f"{peer}.npy")
    with at_work(peer, str(deals), str(answers), str(size)) as turn:
        yield np.load(answers), turn


@contextmanager
def at_work(peer: str, *arguments: str) -> Iterator[Callable[[], float]]:
    """A peer that is ready: a function that runs one turn and says how many seconds of its processor that took.

    Raises:
        NotInstalled: see `environment`.
    """
    command = [str(environment(peer)), "-m", f"bench.peers.{peer}.peer", *arguments]
    with tempfile.TemporaryDirectory() as home:
        alone = {"POLARS_MAX_THREADS": "1", "PATH": "", "HOME": home}
        with subprocess.Popen(command, cwd=ROOT, env=alone, stdin=-1, stdout=-1, text=True) as process:  # noqa: S603
            assert process.stdin is not None
            assert process.stdout is not None
            given, taken = process.stdin, process.stdout
            if taken.readline().strip() != "ready":
                raise RuntimeError(f"{peer} gave up; its reason stands above")

            def turn() -> float:
                given.write("\n")
                given.flush()
                return float(taken.readline())

            yield turn
            given.close()
