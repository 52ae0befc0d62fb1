"""Every field of the catalogue as a connection feeds it, or why it does not and what to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from stalewatch.domain.language.model import Catalogue, Field, Origin
from stalewatch.sdk.connector import Description, FieldInfo, SpareField, Unfed, Why
from stalewatch.services.operating.field_words import say
from stalewatch.services.rules.likeness import alike

FED: Final = "fed"
KEPT: Final = "kept"
"""stalewatch fills it itself; the states of other fields that nothing feeds are those of `Why`."""
NONE: Final = "none"
"""The connection has no such records at all."""
_ALWAYS: Final = ("deal", "lead")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One catalogue field on one connection.

    Attributes:
        state: `fed`, `kept`, `none`, or a `Why`.
        theirs: the CRM's field, as far as one feeds it or was named for it; theirs_type: what the CRM calls its type.
        fill_rate: share of the rows looked at in which it is filled, 0 to 1.
        choices: every value that it may have, in our words where they are mapped; None: nobody can list them.
        lacking: scopes or permissions for want of which it is not fed.
        offers: fields of the CRM that could feed it and look like it.
    """

    connection: str
    object: str
    ours: str
    type: str
    state: str
    theirs: str | None = None
    theirs_type: str | None = None
    fill_rate: float | None = None
    example: str | None = None
    choices: Sequence[str] | None = None
    is_loose: bool = False
    lacking: Sequence[str] = ()
    offers: Sequence[SpareField] = field(default=())

    @property
    def is_fed(self) -> bool:
        """Whether rules can read it."""
        return self.state in (FED, KEPT)

    def reason(self, language: str) -> str | None:
        """Why nothing feeds it; None if something does."""
        if self.is_fed:
            return say(language, "loose", theirs=self.theirs, type=self.type) if self.is_loose else None
        fillers = {"theirs": self.theirs or "", "theirs_type": self.theirs_type or "", "type": self.type}
        return say(language, self.state, lacking=", ".join(self.lacking), **fillers)

    def cure(self, language: str) -> str | None:
        """The line to write, or what to grant; None if there is nothing to do."""
        if self.state in (Why.UNMAPPED, Why.ABSENT, Why.MISFIT):
            under = "lead" if self.object == "lead" else "deal"
            if not self.offers:
                return say(language, "write_any", object=under, ours=self.ours, type=self.type)
            lines = [say(language, "write", object=under, ours=self.ours, theirs=one.name) for one in self.offers]
            return "\n".join(
                f"{line}   # {one.label} ({one.type})" for line, one in zip(lines, self.offers, strict=True)
            )
        if self.state in (Why.FORBIDDEN, Why.UNSEEN) and self.lacking:
            return say(language, "grant", lacking=", ".join(self.lacking))
        return None


def listed(connection: str, catalogue: Catalogue, description: Description) -> list[Listed]:
    """The fields of deals, leads and whatever else a connection describes, by object and name."""
    objects = dict.fromkeys((*_ALWAYS, *description.fields))
    return [
        row
        for name in objects
        if name in catalogue.objects
        for row in _of(connection, name, catalogue.objects[name], description)
    ]


def _of(connection: str, name: str, fields: Mapping[str, Field], description: Description) -> Iterator[Listed]:
    fed = {info.ours: info for info in description.fields.get(name, ())}
    unfed = {one.ours: one for one in description.unfed.get(name, ())}
    lacking = description.missing.get(name, {})
    spare = description.spare.get(name, ())
    for ours in sorted(fields):
        one = fields[ours]
        if ours in fed:
            yield _fed(connection, name, one, fed[ours])
        elif one.origin is Origin.STALEWATCH or not (name in description.fields or lacking):
            state = KEPT if one.origin is Origin.STALEWATCH else NONE
            yield Listed(connection=connection, object=name, ours=ours, type=one.type.value, state=state)
        else:
            usual = Why.FORBIDDEN if ours in lacking else Why.UNMAPPED
            told = unfed.get(ours) or Unfed(ours=ours, why=usual)
            yield _unfed(connection, name, one, told, tuple(lacking.get(ours, ())), spare)


def _fed(connection: str, name: str, one: Field, info: FieldInfo) -> Listed:
    return Listed(
        connection=connection, object=name, ours=one.name, type=one.type.value, state=FED, theirs=info.theirs,
        theirs_type=info.theirs_type, fill_rate=info.fill_rate, example=info.example, choices=info.choices,
        is_loose=info.is_loose, offers=(),
    )  # fmt: skip


def _unfed(
    connection: str, name: str, one: Field, told: Unfed, lacking: Sequence[str], spare: Sequence[SpareField]
) -> Listed:
    mappable = told.why in (Why.UNMAPPED, Why.ABSENT, Why.MISFIT)
    return Listed(
        connection=connection, object=name, ours=one.name, type=one.type.value, state=told.why, theirs=told.theirs,
        theirs_type=told.theirs_type, lacking=lacking,
        offers=alike(one, spare, [told.theirs] if told.theirs else []) if mappable else (),
    )  # fmt: skip
