"""Associations: which records belong together. Adding one touches no modified date."""

from __future__ import annotations

from collections import defaultdict

from stalewatch_sandbox.hubspot.kinds import Kind, link_type

_End = tuple[str, int]


class Links:
    """All associations of a portal, kept from both ends."""

    def __init__(self) -> None:
        self._to: defaultdict[_End, dict[str, dict[int, tuple[int, ...]]]] = defaultdict(dict)

    def add(self, of: Kind, number: int, to: Kind, other: int, type_: int | None = None) -> None:
        """Associate two records; with a type of its own, or the plain one. Twice is once.

        Raises:
            KeyError: if these kinds cannot be associated.
        """
        plain, back = link_type(of, to), link_type(to, of)
        if plain is None or back is None:
            raise KeyError(f"{of.name} cannot be associated with {to.name}")
        _put(self._ends(of, number, to), other, type_ or plain)
        _put(self._ends(to, other, of), number, back)

    def remove(self, of: Kind, number: int, to: Kind, other: int) -> None:
        """Take every association of two records away."""
        self._ends(of, number, to).pop(other, None)
        self._ends(to, other, of).pop(number, None)

    def of(self, of: Kind, number: int, to: Kind) -> dict[int, tuple[int, ...]]:
        """The records of a kind that belong to a record, with the types of the association, in order of ids."""
        ends = self._to.get((of.name, number), {}).get(to.name, {})
        return {other: ends[other] for other in sorted(ends)}

    def move(self, of: Kind, number: int, heir: int, kinds: tuple[Kind, ...]) -> None:
        """Give all associations of a record to another one of its kind."""
        for to in kinds:
            for other in self.of(of, number, to):
                self.remove(of, number, to, other)
                self.add(of, heir, to, other)

    def _ends(self, of: Kind, number: int, to: Kind) -> dict[int, tuple[int, ...]]:
        return self._to[of.name, number].setdefault(to.name, {})


def _put(ends: dict[int, tuple[int, ...]], other: int, type_: int) -> None:
    ends[other] = tuple(sorted({*ends[other], type_})) if other in ends else (type_,)
