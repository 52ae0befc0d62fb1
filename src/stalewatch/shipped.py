"""Finds the folders that travel with the program: the rule packs and the database migrations.

In a wheel they lie inside the package (`_shipped/`); in a checkout they are the folders at its root.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_CHECKOUT: Final = _PACKAGE.parents[1]


def rules() -> Path:
    """The folder of the rule packs that RevOps start from.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return _shipped("rules")


def migrations() -> Path:
    """The alembic script folder (`env.py`, `versions/`).

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    return _shipped("alembic")


def _shipped(name: str) -> Path:
    for folder in (_PACKAGE / "_shipped" / name, _CHECKOUT / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"this installation has no {name}/ folder; install stalewatch again")
