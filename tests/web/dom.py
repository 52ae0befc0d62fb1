"""A page as a browser understands it: its elements, its words, its links."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_VOID: Final = frozenset({"br", "circle", "hr", "img", "input", "line", "link", "meta", "path", "rect"})
_SILENT: Final = frozenset({"script", "style", "title"})
_ADDRESSES: Final = ("href", "src", "action", "formaction", "xlink:href", "content", "data", "poster", "srcset")


@dataclass
class Element:
    """One element with its attributes, what stands in it, and its parent."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    words: list[str] = field(default_factory=list)
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words and those of what it holds, in order, white space folded."""
        return " ".join("".join(self.words).split())

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Every element below it with this tag and these attributes; `class_` is one of its classes."""
        found = []
        for child in self.children:
            if child._is(tag, wanted):
                found.append(child)
            found += child.all(tag, **wanted)
        return found

    def one(self, tag: str = "", **wanted: str) -> Element:
        """The only such element."""
        [found] = self.all(tag, **wanted)
        return found

    def structure(self) -> list[tuple[str, tuple[str, ...]]]:
        """Tags and names of attributes in their order: what text from outside must never change."""
        return [(one.tag, tuple(sorted(one.attributes))) for one in self.all()]

    def addresses(self) -> list[str]:
        """Everything that a browser would fetch or follow."""
        return [one.attributes[name] for one in self.all() for name in _ADDRESSES if name in one.attributes]

    def _is(self, tag: str, wanted: dict[str, str]) -> bool:
        classes = self.attributes.get("class", "").split()
        rest = {name.rstrip("_").replace("_", "-"): value for name, value in wanted.items() if name != "class_"}
        return (
            tag in ("", self.tag)
            and ("class_" not in wanted or wanted["class_"] in classes)
            and all(self.attributes.get(name) == value for name, value in rest.items())
        )


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.root = Element("", {})
        self._open = [self.root]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open[-1])
        self._open[-1].children.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open[-1].children.append(Element(tag, {name: value or "" for name, value in attrs}, self._open[-1]))

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open[-1].tag in _SILENT and self._open[-1].tag != "title":
            return
        for element in self._open:
            element.words.append(data)


def parse(html: str) -> Element:
    """The page; fails where elements are not closed in the order they were opened."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder._open == [builder.root], f"never closed: {[one.tag for one in builder._open[1:]]}"
    return builder.root
