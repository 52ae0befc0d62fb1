"""What `stalewatch doctor` says of writing into a CRM: whether it may be done, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.domain.writebacks import Writeback
from stalewatch.sdk.connector import Description, Finding, Level
from stalewatch.sdk.writing import Kind
from stalewatch.services.operating.doctor_words import say

_OBJECTS: Final = ("deal", "lead")


def of_writing(identity: str, allowed: Writeback, description: Description, language: str) -> Iterator[Finding]:
    """One line, or one for each thing that is lacking; nothing if nothing is to be written."""
    subject = f"{identity} writeback"
    if allowed is Writeback.NONE:
        yield Finding(subject=subject, level=Level.OK, message=say(language, "writes_nothing"))
        return
    if not description.writing:
        message, cure = say(language, "cannot_write"), say(language, "write_nothing")
        yield Finding(subject=subject, level=Level.ERROR, message=message, cure=cure)
        return
    lacks = _lacks(allowed, description)
    level = Level.WARNING if lacks else Level.OK
    message = say(language, "writes_fields" if allowed is Writeback.FIELDS else "writes_notes")
    yield Finding(subject=subject, level=level, message=message)
    for what, names in lacks.items():
        message = say(language, "not_written", what=", ".join(sorted(names)))
        cure = say(language, "give_it", what=what)
        yield Finding(subject=subject, level=Level.WARNING, message=message, cure=cure)


def _lacks(allowed: Writeback, description: Description) -> dict[str, set[str]]:
    """What is lacking, with everything that cannot be written for want of it.

    That nobody mapped a field is no lack: it is simply not offered.
    """
    found: dict[str, set[str]] = {}
    for obj in _OBJECTS:
        writing = description.writing.get(obj)
        if writing is None:
            continue
        for name, what in writing.missing.items():
            is_field = name not in set(Kind)
            if is_field and (allowed is not Writeback.FIELDS or Kind.FIELDS.value in writing.missing):
                continue  # not asked for, or said of the record as a whole
            if (is_field or allowed.takes(Kind(name))) and not what.startswith("map."):
                found.setdefault(what, set()).add(f"{obj} {name}")
    return found
