"""What one pull asks of an org: queries over what may be read, with the fields that are there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec

from stalewatch.sdk.connector import ConnectionSettings
from stalewatch_salesforce.chains import Chain, Shape
from stalewatch_salesforce.children import CHILDREN, PARENTS
from stalewatch_salesforce.options import Options
from stalewatch_salesforce.org import (
    EMAIL,
    EVENT,
    HISTORY,
    LEAD,
    OPPORTUNITY,
    ROWS,
    TASK,
    USER,
    VISITS,
    Org,
    selection,
)
from stalewatch_salesforce.queries import one_of
from stalewatch_salesforce.rows import OnlyId
from stalewatch_salesforce.strides import Range, Window
from stalewatch_salesforce.transport import Transport

EVIDENCE: Final = (USER, HISTORY, EVENT, TASK, EMAIL)
CHUNK: Final = 2_000
"""Ids in one question: as many as rows of a page, and 60,000 characters of the 100,000 that SOQL may have."""
_ALWAYS: Final = {EVENT: ("IsPrivate", "IsPrivate = false"), EMAIL: ("ParentId", "ParentId = null")}
"""Conditions that keep out what is none of our business: private meetings, and mails of support cases."""
ONLY_IDS: Final = Shape(OnlyId, ("Id",))
_STAMPS: Final = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
"""What tells that a row changed, the best first."""
_INSIDE: Final = {name: (one.relationship,) for name, one in CHILDREN.items()}
_NO_FIELDS: Final = frozenset({VISITS, "UserRole", *(one.relationship for one in CHILDREN.values())})


@dataclass
class Asking:
    """Makes chains for one pull.

    Attributes:
        renewed: describes the org again, and remembers it.
        generation: rises whenever what may be read becomes something else.
    """

    settings: ConnectionSettings
    options: Options
    transport: Transport
    org: Org
    renewed: Callable[[], Org]
    generation: int = 0
    _shapes: dict[tuple[str, tuple[str, ...]], Shape] = field(default_factory=dict)

    def renew(self) -> None:
        """Describe the org again. Raises what `discover` raises."""
        self.org = self.renewed()
        self.forget_shapes()

    def forget_shapes(self) -> None:
        """What may be read is something else now."""
        self._shapes.clear()
        self.generation += 1

    def reads(self, object_: str) -> bool:
        """Whether any active rule reads records of this kind; without a word about it all are read."""
        return not self.settings.reads or bool(self.settings.reads.get(object_))

    def can_read(self, name: str) -> bool:
        """Whether an object may be read, and anybody wants it."""
        return self.org.has(name) and (name != LEAD or self.reads("lead"))

    def mapped(self, name: str) -> Iterator[str]:
        """The mapped fields of an object, as the configuration spells them."""
        if name == OPPORTUNITY:
            yield from self.options.deal.fields.values()
        elif name == LEAD:
            yield from self.options.lead.fields.values()

    def missing(self) -> dict[str, str]:
        """Objects and fields that something would be made of, and that cannot be read."""
        found = {}
        for name, row in ROWS.items():
            parent = PARENTS.get(name, name)
            if not self.org.has(name) or (parent == LEAD and not self.reads("lead")):
                found[name] = ""
                continue
            wanted = (*(one for one in row.__struct_fields__ if one not in _NO_FIELDS), *self.mapped(name))
            found |= {f"{name}.{one}": "" for one in wanted if self.org.field(name, one) is None}
        return found

    def formulas(self, name: str) -> list[str]:
        """The formulas of an object that active rules read; no stamp tells when one of them changed."""
        maps = {OPPORTUNITY: ("deal", self.options.deal.fields), LEAD: ("lead", self.options.lead.fields)}
        kind, fields = maps[name]
        if not self.can_read(name):
            return []
        told = [(ours, self.org.field(name, theirs)) for ours, theirs in fields.items()]
        return [one.name for ours, one in told if one is not None and one.calculated and self._is_read(kind, ours)]

    def _is_read(self, kind: str, ours: str) -> bool:
        reads = self.settings.reads
        kinds = ("deal", "partner_deal") if kind == "deal" else (kind,)
        return not reads or any(ours in reads.get(one, ()) for one in kinds)

    def stamp(self, name: str) -> str:
        """The field by which changes of an object are found."""
        return next((one for one in _STAMPS if self.org.field(name, one) is not None), _STAMPS[0])

    def shape(self, name: str, inside: tuple[str, ...] = ()) -> Shape:
        """What is selected of an object, with these children inside."""
        known = self._shapes.get((name, inside))
        if known is None:
            told = [one.name for field in self.mapped(name) if (one := self.org.field(name, field)) is not None]
            mapped = tuple(dict.fromkeys(told))
            known = Shape(_type(name, mapped), selection(self.org, name, mapped, inside))
            self._shapes[name, inside] = known
        return known

    def chain(
        self, name: str, where: Iterable[str] = (), inside: Collection[str] | None = None,
        bounds: Collection[str] = ("", ""),
    ) -> Chain:  # fmt: skip
        """A chain over an object that may be read.

        Args:
            bounds: as `Chain.bounds` tells them.
        """
        always = _ALWAYS.get(name)
        conditions = (always[1],) if always and self.org.field(name, always[0]) else ()
        children = _INSIDE.get(name, ()) if inside is None else tuple(inside)
        after, until, *times = bounds
        return Chain(
            object=name, shape=lambda: self.shape(name, children), where=(*where, *conditions),
            range=Range(after=after, until=until), window=self._window(name, times),
        )  # fmt: skip

    def since(self, name: str, moment: datetime) -> Chain:
        """A chain over the rows that changed since then."""
        return self.chain(name, bounds=("", "", moment.isoformat(), ""))

    def hidden_since(self, moment: datetime) -> Chain | None:
        """A chain over the ids of what `_ALWAYS` keeps out of meetings since then; None where nothing is private."""
        if not self.can_read(EVENT) or self.org.field(EVENT, "IsPrivate") is None:
            return None
        window = Window(stamp=self.stamp(EVENT), since=moment)
        return Chain(object=EVENT, shape=lambda: ONLY_IDS, where=("IsPrivate = true",), window=window)

    def by_ids(
        self, name: str, field_name: str, wanted: Collection[str], inside: Collection[str] | None = None
    ) -> list[Chain]:
        """Chains over the rows with these ids."""
        some = sorted(wanted)
        return [
            self.chain(name, (one_of(field_name, some[start : start + CHUNK]),), inside)
            for start in range(0, len(some), CHUNK)
        ]

    def _window(self, name: str, times: list[str]) -> Window:
        if not times:
            return Window()
        since, before = (datetime.fromisoformat(one) if one else None for one in times)
        return Window(stamp=self.stamp(name), since=since, before=before)


def _type(name: str, mapped: Collection[str]) -> type[Any]:
    extra = [field for field in mapped if field not in ROWS[name].__struct_fields__]
    if not extra:
        return ROWS[name]
    return msgspec.defstruct(name, [(field, Any, None) for field in extra], bases=(ROWS[name],), kw_only=True)
