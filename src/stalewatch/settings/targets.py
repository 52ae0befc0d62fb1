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


def read_targets(section: Section, people: Collection[str], *, letters: bool) -> tuple[str, ...]:
    """The targets under `to:`; one that nobody can be is SW204.

    Args:
        letters: whether the project sends any; where it does not, a mailbox is SW209.
    """
    section.need("to")
    return tuple(_target(node, section, people, letters=letters) for node in section.scalars("to"))


def _target(node: Scalar, section: Section, people: Collection[str], *, letters: bool) -> str:
    name = node.text
    if name.startswith(MAIL) and not _MAILBOX.fullmatch(name):
        section.findings.unknown("unknown_target", node, name, (*_ROLES, *people), cure("targets"))
    elif name.startswith(MAIL) and not letters:
        section.findings.report("no_letters", node, cure("mail_section"), text=name)
    if "@" in name:
        return name.lower()
    if name not in _ROLES and name not in people and not (name.startswith("#") and len(name) > 1):
        section.findings.unknown("unknown_target", node, name, (*_ROLES, *people), cure("targets"))
    return name
