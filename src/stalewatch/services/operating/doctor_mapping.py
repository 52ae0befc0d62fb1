"""What `stalewatch doctor` says of a connection's mapping: fields that do not fit, values that nobody mapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.domain.language.model import Catalogue, Field
from stalewatch.sdk.connector import Description, FieldInfo, Finding, Level, Why
from stalewatch.services.operating.field_list import Listed, listed
from stalewatch.services.operating.field_words import say

_ELSEWHERE: Final = frozenset({"stage", "pipeline", "status"})
"""Connectors know which of these are in use, and say so themselves."""
_MOST: Final = 12


def of_mapping(identity: str, catalogue: Catalogue, description: Description, language: str) -> Iterator[Finding]:
    """Each mapped field that holds something else, each that is read out of a text, each list with unknown values."""
    for row in listed(identity, catalogue, description):
        subject = f"{identity} map.{row.object}.fields.{row.ours}"
        if row.state == Why.MISFIT:
            yield Finding(subject=subject, level=Level.ERROR, message=_said("misfits", row, language),
                          cure=row.cure(language))  # fmt: skip
        elif row.is_loose:
            yield Finding(subject=subject, level=Level.WARNING, message=_said("loosely", row, language),
                          cure=say(language, "make_it", type=row.type, theirs=row.theirs))  # fmt: skip
    for name, infos in description.fields.items():
        fields = catalogue.objects.get(name, {})
        for info in infos:
            if info.ours in fields and info.ours not in _ELSEWHERE:
                yield from _values(identity, name, fields[info.ours], info, language)


def _said(sentence: str, row: Listed, language: str) -> str:
    return say(language, sentence, ours=row.ours, theirs=row.theirs, theirs_type=row.theirs_type, type=row.type)


def _values(identity: str, name: str, field: Field, info: FieldInfo, language: str) -> Iterator[Finding]:
    """Values of the CRM's list that are none of the field's own."""
    strange = [value for value in info.choices or () if field.values and value not in field.values]
    if strange:
        shown = ", ".join(strange[:_MOST]) + ", …" * (len(strange) > _MOST)
        yield Finding(
            subject=f"{identity} map.{name}.values.{field.name}",
            level=Level.WARNING,
            message=say(language, "values", theirs=info.theirs, ours=field.name, values=shown),
            cure=say(language, "map_values", object=name, ours=field.name, value=field.values[0], theirs=strange[0]),
        )
