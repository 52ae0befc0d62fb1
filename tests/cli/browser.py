"""A browser without scripts: the forms of a page, their fields as they stand, and what pressing a button sends."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin
from urllib.request import Request, urlopen

from tests.patience import PATIENCE, Stopwatch

Attributes = dict[str, str]


@dataclass
class Form:
    """A form: its words, its fields as they stand, their types, and its buttons by the words on them."""

    action: str
    words: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, Attributes]] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)


class _Reading(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form = Form("")
        self._button: Attributes | None = None
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._form = Form(said.get("action", ""))
                self.forms.append(self._form)
            case "button":
                self._button = said
            case "input" if said.get("type") not in ("radio", "checkbox") or "checked" in said:
                self._form.fields.append((said["name"], said.get("value", "")))
                self._form.types[said["name"]] = said.get("type", "text")
            case "select":
                self._select = said["name"]
            case "option" if "selected" in said:
                self._form.fields.append((self._select, said["value"]))
            case "textarea":
                self._form.fields.append((said["name"], ""))
                self._form.types[said["name"]] = "text"

    def handle_endtag(self, tag: str) -> None:
        if tag == "button":
            self._button = None
        elif tag == "form":
            self._form = Form("")

    def handle_data(self, data: str) -> None:
        self._form.words += data
        if self._button is not None:
            self._form.buttons.append((data.strip(), self._button))


@dataclass
class Browser:
    """What is at an address now.

    Attributes:
        url: of the page that is shown.
        html: the page.
    """

    url: str
    html: str = ""

    def __post_init__(self) -> None:
        self.look()

    def look(self) -> None:
        """Load the page again."""
        self._show(Request(self.url))  # noqa: S310  # an address of ours

    def form(self, button: str, about: str = "") -> Form:
        """The first form with such a button that speaks of something; looked for until it is there."""
        watch = Stopwatch()
        while watch.whole < PATIENCE:
            reading = _Reading()
            reading.feed(self.html)
            for one in reading.forms:
                if about in one.words and button in dict(one.buttons):
                    return one
            time.sleep(0.05)
            self.look()
        raise AssertionError(f"no form with the button {button!r} speaks of {about!r}:\n{self.html}")

    def press(self, form: Form, button: str, **filled: str) -> None:
        """Press a button of a form whose fields were filled in, and follow to where that leads."""
        told = dict(form.buttons)[button]
        values = [(name, filled.pop(name, value)) for name, value in form.fields] + [*filled.items()]
        values += [(told["name"], told["value"])] if "name" in told else []
        url = urljoin(self.url, told.get("formaction", form.action))
        self._show(Request(url, urlencode(values).encode()))  # noqa: S310  # an address of ours

    def _show(self, request: Request) -> None:
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # an address of ours
            self.url, self.html = answer.url, answer.read().decode()
