"""`connections[].map` against the field catalogue: are our own words in it spelt right, and are all of them there?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.model import Catalogue, Field, FieldType
from stalewatch.domain.language.nodes import Entry, Mapping
from stalewatch.settings import Settings

_SHORT: Final = {
    "deal": {"stages": "stage", "pipelines": "pipeline"},
    "lead": {"stages": "status"},
}
"""Keys of a map that stand for the values of one field."""


def check_maps(settings: Settings, catalogue: Catalogue, built_in: Catalogue, findings: Findings) -> None:
    """Report words that are no values of their field (SW105), and values of the company's own left out (SW205).

    A connector knows usual words for the values of the built-in catalogue. Of those that a company adds it knows
    nothing: where other values of the field are mapped, one that is not is never filled.
    """
    for connection in settings.connections:
        for object_, field, chosen in _chosen(connection.map_at, catalogue):
            _check_words(field, chosen, findings)
            usual = built_in.objects.get(object_, {}).get(field.name)
            own = [value for value in field.values if usual is None or value not in usual.values]
            for value in own:
                if isinstance(chosen.value, Mapping) and value not in chosen.value:
                    remedy = cure("map_value", name=value)
                    findings.report("unmapped", chosen.key, remedy, name=value, field=field.name)


def _check_words(field: Field, chosen: Entry, findings: Findings) -> None:
    for entry in chosen.value if isinstance(chosen.value, Mapping) else ():
        if field.values and entry.name not in field.values:
            remedy = cure("one_of", names=", ".join(field.values))
            findings.unknown("unknown_value", entry.key, entry.name, field.values, remedy, field=field.name)


def _chosen(words: Mapping | None, catalogue: Catalogue) -> Iterator[tuple[str, Field, Entry]]:
    """Every choice field of which a map names values, with its object and the place where it does."""
    for of_object in words or ():
        fields = catalogue.objects.get(of_object.name)
        if fields is None or not isinstance(of_object.value, Mapping):
            continue
        short = _SHORT.get(of_object.name, {})
        values = of_object.value.get("values")
        named = [(short[entry.name], entry) for entry in of_object.value if entry.name in short]
        named += [(entry.name, entry) for entry in values] if isinstance(values, Mapping) else []
        for name, entry in named:
            field = fields.get(name)
            if field is not None and field.type is FieldType.CHOICE:
                yield of_object.name, field, entry
