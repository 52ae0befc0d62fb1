"""One section of stalewatch.yaml: its keys read by kind, each fault a finding with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.durations import read_duration
from stalewatch.domain.language.model import Words
from stalewatch.domain.language.nodes import Mapping, Node, Scalar, Span, is_empty, plain
from stalewatch.domain.language.shapes import check_keys, items_of, mapping_of, scalars_of, text_of, wrong

ROOT: Final = "stalewatch.yaml"
"""The name of the whole file, which the names of its sections do not repeat."""
_OFF: Final = frozenset({"off", "no", "false", "none"})
_ON: Final = frozenset({"on", "yes", "true"})


@dataclass(frozen=True, slots=True)
class Section:
    """A mapping of the file under the name by which people know it."""

    name: str
    node: Mapping
    findings: Findings

    def __contains__(self, key: str) -> bool:
        return not is_empty(self.node.get(key))

    def only(self, *known: str) -> None:
        """Report every key that this section does not have."""
        check_keys(self.node, known, self.title, self.findings)

    @property
    def title(self) -> Words:
        """What findings call it."""
        return dict.fromkeys(("en", "ja"), f"`{self.name}`")

    def at(self, key: str) -> Node | Span:
        """Where a key stands; the section itself if it is not there."""
        return self.node.get(key) or self.node.span

    def need(self, *keys: str) -> None:
        """Report every one of these keys that is not there."""
        for key in keys:
            if key not in self:
                self.findings.report("missing_word", self.node, cure("add_word", key=key), thing=self.title, key=key)

    def get(self, key: str) -> Node | None:
        """The node of a key; None if it is not there or was left empty."""
        node = self.node.get(key)
        return None if is_empty(node) else node

    def text(self, key: str) -> str | None:
        """A text."""
        return text_of(key, self.get(key), self.findings)

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts; one alone counts as a list of one."""
        return tuple(item.text for item in self.scalars(key))

    def scalars(self, key: str) -> tuple[Scalar, ...]:
        """A list of values with their places; one alone counts as a list of one."""
        return scalars_of(key, self.get(key), self.findings)

    def word(self, key: str, words: Collection[str]) -> str | None:
        """One of these words."""
        node = self.get(key)
        text = text_of(key, node, self.findings)
        if text is None or not isinstance(node, Scalar) or text in words:
            return text
        remedy = cure("one_of", names=", ".join(words))
        self.findings.unknown("unknown_value", node, text, words, remedy, field=key)
        return None

    def whole(self, key: str, least: int = 0) -> int | None:
        """A whole number, also one that a variable brought as text."""
        node = self.get(key)
        if node is None:
            return None
        text = node.text.replace("_", "") if isinstance(node, Scalar) else ""
        if text.isdecimal() and int(text) >= least:
            return int(text)
        self.findings.report("not_whole", node, cure("write_number"), key=key)
        return None

    def flag(self, key: str) -> bool:
        """A yes or no; no if it is not there."""
        node = self.get(key)
        word = node.text.lower() if isinstance(node, Scalar) else ""
        if node is not None and word not in _ON | _OFF:
            self.findings.report("not_yes_no", node, cure("true_or_false"), what=f"`{key}`")
        return word in _ON

    def is_off(self, key: str) -> bool:
        """True for `key: off`, which is text in YAML 1.2, and for `key: false`."""
        node = self.node.get(key)
        return isinstance(node, Scalar) and node.text.lower() in _OFF

    def duration(self, key: str, usual: Unit | None = None) -> Duration | None:
        """A duration: 14d, 10bd, 2h. A bare number, which is none, most likely counts `usual` units."""
        node = self.get(key)
        return None if node is None else read_duration(node, self.findings, usual)

    def share(self, key: str) -> float | None:
        """A share between 0 and 1: `20%` or 0.2."""
        node = self.get(key)
        if node is None:
            return None
        text = node.text if isinstance(node, Scalar) else ""
        found = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?) ?(%?)", text, re.ASCII)
        share = (float(found[1]) / 100 if found[2] else float(found[1])) if found else 2.0
        if share > 1:
            self.findings.report("not_a_share", node, cure("share_example"), text=text or "…")
            return None
        return share

    def address(self, key: str, schemes: Collection[str] = ("https", "http")) -> SplitResult | None:
        """A web address."""
        node = self.get(key)
        text = text_of(key, node, self.findings)
        if text is None or node is None:
            return None
        parts = _split(text)
        if parts is None or parts.scheme not in schemes or not parts.hostname:
            self.findings.report("not_an_address", node, cure("address_example"), text=text)
            return None
        return parts

    def inner(self, key: str) -> Section | None:
        """The section under a key; None if it is not there."""
        mapping = mapping_of(key, self.node.get(key), self.findings)
        name = key if self.name == ROOT else f"{self.name}.{key}"
        return None if mapping is None else Section(name, mapping, self.findings)

    def rows(self, key: str) -> Iterator[Section]:
        """The sections in the list under a key."""
        for item in items_of(key, self.node.get(key), self.findings):
            if isinstance(item, Mapping):
                yield Section(key, item, self.findings)
            else:
                wrong(key, item, "mapping", self.findings)

    def sections(self) -> Iterator[tuple[Scalar, Section]]:
        """Every key of this section with the section under it."""
        for entry in self.node:
            inner = self.inner(entry.name)
            if inner is not None:
                yield entry.key, inner

    def data(self) -> dict[str, Any]:
        """Everything in it as Python data."""
        return {entry.name: plain(entry.value) for entry in self.node}


def _split(text: str) -> SplitResult | None:
    try:
        return urlsplit(text)
    except ValueError:  # "http://[::1"
        return None
