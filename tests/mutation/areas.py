"""The parts of the house that mutation judges, and the quick tests that judge each of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Area:
    """Modules that are changed, and the tests that should notice.

    Attributes:
        modules: patterns below the root.
        tests: files and folders below the root; those that need PostgreSQL, and long ones, are left out.
        without: words of names of tests that are left out too (`-k`), because they take long, or ask how long
            something takes.
        uncached: take `@cache` off: mutmut leaves decorated functions as they are, and these hold the SQL.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    uncached: bool = False

    def files(self) -> list[Path]:
        """The modules, as paths below the root."""
        return sorted({path.relative_to(ROOT) for pattern in self.modules for path in ROOT.glob(pattern)})


AREAS: Final = {
    "calendar": Area(
        modules=("src/stalewatch/domain/calendar*.py",),
        tests=tuple(f"tests/domain/test_calendar{part}.py" for part in ("", "s", "_nights", "_laws")),
        without=("zone_database", "todays_zones and not 0"),
    ),
    "language": Area(
        modules=("src/stalewatch/domain/language/**/*.py",),
        tests=(
            "tests/domain/language",
            "tests/domain/test_trial_files.py",
            "tests/cli/test_broken_files.py",
            "tests/house/test_docs_rules.py",
        ),
        without=("test_security", "never_crashes", "hurry", "slip_of_the_keyboard"),
    ),
    "alerts": Area(
        modules=("src/stalewatch/domain/alerts.py", "src/stalewatch/domain/episodes.py"),
        tests=("tests/domain/test_episodes.py", "tests/domain/test_conformance.py", "tests/domain/test_alerts_laws.py",
               "tests/domain/test_ladder_laws.py"),
    ),
    "leases": Area(
        modules=("src/stalewatch/store/leases.py",),
        tests=("tests/store/test_leases.py",),
        without=("hundred_claimers",),
        uncached=True,
    ),
    "outbox": Area(
        modules=("src/stalewatch/store/outbox.py",),
        tests=("tests/store/test_outbox.py",),
        uncached=True,
    ),
}  # fmt: skip
