"""Whom a route or a ladder names: `owner`, `owner.manager`, `operator`, a `#channel`, a mailbox (`mail:x@y.z`), or
somebody of `people:`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.nodes import Scalar
from stalewatch.domain.routing import MAIL
from stalewatch.settings.section import Section

_MAILBOX: Final = re.compile(r"mail:[^\s@:<>,;]+@[^\s@:<>,;]+\.[^\s@:<>,;]+")
_ROLES: Final = ("owner", "owner.manager", "operator")


def read_targets(section: Section, people: Collection[str]) -> tuple[str, ...]:
    """The targets under `to:`; one that nobody can be is SW204."""
    section.need("to")
    return tuple(_target(node, section, people) for node in section.scalars("to"))


def _target(node: Scalar, section: Section, people: Collection[str]) -> str:
    name = node.text
    if name.startswith(MAIL) and not _MAILBOX.fullmatch(name):
        section.findings.unknown("unknown_target", node, name, (*_ROLES, *people), cure("targets"))
    if "@" in name:
        return name.lower()
    if name not in _ROLES and name not in people and not (name.startswith("#") and len(name) > 1):
        section.findings.unknown("unknown_target", node, name, (*_ROLES, *people), cure("targets"))
    return name
