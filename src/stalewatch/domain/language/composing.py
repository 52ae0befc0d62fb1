"""YAML text to nodes, strictly: no aliases, anchors, tags or duplicate keys, no more than 256 KB and 32 levels.

The parser's events are consumed one by one, so a bomb is refused before anything is built (security.md, S23).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence, Source, Span
from stalewatch.domain.language.scalars import loses_digits, resolve

MOST_BYTES: Final = 256 * 1024
MOST_LEVELS: Final = 32
SECOND_DOCUMENT: Final = "document start"

_GROUPED = re.compile(r"[¥$€]?([0-9]{1,3}(?:,[0-9]{3}){1,5})(?![0-9])[^\s,}\]]*")
_COLON = re.compile(r"\s*:")
_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where the wheel has it: ten times faster; both give the same events and marks."""


class Refused(Exception):
    """The file goes too far to be read on; the reason has been reported."""


class SyntaxBroken(Exception):
    """The text is not YAML; `error` is the parser's own."""

    def __init__(self, error: yaml.YAMLError) -> None:
        super().__init__(str(error))
        self.error = error


def parse(source: Source, findings: Findings) -> Node | None:
    """The nodes of a file; None if it is empty.

    Raises:
        Refused: too large, or too deep.
        SyntaxBroken: it is not YAML.
    """
    if len(source.text) > MOST_BYTES or len(source.text.encode("utf-8", "replace")) > MOST_BYTES:
        findings.report("too_large", source.whole, cure("split_file"), limit=MOST_BYTES // 1024)
        raise Refused
    return _Composer(source, findings).document()


@dataclass(slots=True)
class _Composer:
    source: Source
    findings: Findings

    def document(self) -> Node | None:
        try:
            events = self._events()
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    return self._only_document(events)
        except yaml.YAMLError as error:
            raise SyntaxBroken(error) from error
        return None

    def _events(self) -> Iterator[Any]:
        return iter(yaml.parse(self.source.text, Loader=_PARSER))

    def _only_document(self, events: Iterator[Any]) -> Node | None:
        root = self._node(next(events), events, 1)
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                raise _broken(SECOND_DOCUMENT, event)
        return root

    def _node(self, event: Any, events: Iterator[Any], level: int) -> Node:
        self._refuse_extras(event)
        if level > MOST_LEVELS:
            self.findings.report("too_deep", self._span(event, 1), cure("flatten"), limit=MOST_LEVELS)
            raise Refused
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(event, events, level)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, events, level)
        return self._scalar(event)

    def _refuse_extras(self, event: Any) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.findings.report("alias", self._span(event), cure("write_it_out"))
            self.findings.silence(self._span(event))
        elif event.anchor is not None:
            self.findings.report("anchor", self._span(event, 1), cure("write_it_out"))
        if getattr(event, "tag", None) is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.findings.report("tag", self._span(event, 1), cure("remove_tag"), tag=tag)

    def _scalar(self, event: Any) -> Scalar:
        if isinstance(event, yaml.AliasEvent):
            return Scalar(self._span(event), "", None, True)
        raw = self.source.text[event.start_mark.index : event.end_mark.index]
        if event.style or event.tag is not None:
            return Scalar(self._span(event), event.value, event.value, False, raw)
        value = resolve(event.value)
        if loses_digits(event.value, value):
            remedy = cure("quote_number", text=event.value, number=repr(value))
            self.findings.report("changed_number", self._span(event), remedy, text=event.value, number=repr(value))
            self.findings.silence(self._span(event))
        return Scalar(self._span(event), event.value, value, True, raw)

    def _sequence(self, start: Any, events: Iterator[Any], level: int) -> Sequence:
        items: list[Node] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                return Sequence(self._collection(start, event), tuple(items), bool(start.flow_style))
            items.append(self._node(event, events, level + 1))
        raise AssertionError("the parser closes what it opens")

    def _mapping(self, start: Any, events: Iterator[Any], level: int) -> Mapping:
        entries: dict[str, Entry] = {}
        previous: Node | None = None
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                span = self._collection(start, event)
                return Mapping(span, tuple(entries.values()), bool(start.flow_style))
            key = self._key(event, events, level)
            value = self._node(next(events), events, level + 1)
            entry = self._mended(Entry(key, value), previous) if start.flow_style else Entry(key, value)
            if entry is not None:
                self._add(entries, entry)
                previous = entry.value
        raise AssertionError("the parser closes what it opens")

    def _key(self, event: Any, events: Iterator[Any], level: int) -> Scalar:
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            raise _broken("complex key", event)
        key = self._node(event, events, level)
        if not isinstance(key, Scalar):
            raise AssertionError("collections were refused above")
        return key

    def _add(self, entries: dict[str, Entry], entry: Entry) -> None:
        first = entries.setdefault(entry.name, entry)
        if first is not entry:
            place, here = first.key.span, entry.key.span
            beside = cure("keep_one_here", column=place.column)
            remedy = beside if place.line == here.line else cure("keep_one", line=place.line)
            self.findings.report("duplicate_key", entry.key, remedy, key=entry.name)

    def _mended(self, entry: Entry, previous: Node | None) -> Entry | None:
        """What was meant by a key in braces that stands alone; its cause is said instead of its effects.

        `{en: late, very late, ja: x}`: a comma split the text, the rest of it is dropped.
        `{stage:proposal}`: the space behind the colon is missing, and read as if it were there.
        """
        key = entry.key
        if not self._is_alone(key, entry.value):
            return entry
        name, colon, value = key.text.partition(":")
        if colon:
            self.findings.report("glued", key.part(len(name), 1), cure("write", text=f"{name}: {value}"))
            span = key.part(len(name) + 1, len(value))
            return Entry(Scalar(key.span, name, name, True, name), Scalar(span, value, resolve(value), True, value))
        if not (isinstance(previous, Scalar) and previous.plain and previous.text):
            return entry
        if self._is_grouped(key, previous):
            return None
        self.findings.report("comma_split", key, cure("quote", text=f"{previous.text}, {key.text}"), key=key.text)
        return None

    def _is_grouped(self, key: Scalar, previous: Scalar) -> bool:
        """True for the rest of a number with commas, `3,000,000`, which is reported once where it begins."""
        at = self.source.starts[previous.span.line - 1] + previous.span.column - 1
        found = _GROUPED.match(self.source.text, at)
        behind = self.source.starts[key.span.line - 1] + key.span.column - 1
        if found is None or behind >= found.end():
            return False
        number = f"{int(found[1].replace(',', '')):_}"
        span = Span(previous.span.file, previous.span.line, previous.span.column, len(found[0]))
        self.findings.report("comma_split", span, cure("without_commas", number=number), key=key.text)
        self.findings.silence(span)
        self.findings.silence(previous.span)
        return True

    def _is_alone(self, key: Scalar, value: Node) -> bool:
        """A key in braces without a colon and without a value."""
        if not (isinstance(value, Scalar) and value.plain and not value.raw and value.value is None and key.plain):
            return False
        behind = self.source.starts[key.span.line - 1] + key.span.column - 1 + key.span.length
        return not _COLON.match(self.source.text, behind)

    def _collection(self, start: Any, end: Any) -> Span:
        """All of a bracketed collection on one line; else its first character."""
        one_line = start.flow_style and start.start_mark.line == end.end_mark.line
        length = end.end_mark.column - start.start_mark.column if one_line else 1
        return self._span(start, length)

    def _span(self, event: Any, length: int | None = None) -> Span:
        mark, end = event.start_mark, event.end_mark
        if length is None and end.line == mark.line:
            length = end.column - mark.column
        elif length is None:
            length = len(self.source.line(mark.line + 1, mark.column))
        return Span(self.source.path, mark.line + 1, mark.column + 1, max(length, 1))


def _broken(problem: str, event: Any) -> yaml.MarkedYAMLError:
    """YAML that we do not take, in the parser's own form so that it is reported like the rest."""
    return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
