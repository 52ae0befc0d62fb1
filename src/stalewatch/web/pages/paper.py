"""From templates to pages: what every page has, and how its words are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from fastapi import Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from stalewatch.delivery.news import RulesRefused
from stalewatch.delivery.operators import refused_rules
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import SECOND, to_us
from stalewatch.web import csrf
from stalewatch.web.auth import Caller
from stalewatch.web.desk import LANGUAGES, Desk, desk_of
from stalewatch.web.figures import figures_of
from stalewatch.web.pages import files
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.look import AUTOMATIC, SCHEMES, chooses, scheme
from stalewatch.web.pages.navigation import Link, links

_HEADERS: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Accept-Language, Cookie, Authorization"}
NAMES: Final = {"en": "English", "ja": "日本語"}


@cache
def environment() -> Environment:
    """Templates with everything escaped that is not markup of ours; a name that is missing is an error."""
    templates = Environment(
        loader=PackageLoader("stalewatch.web"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, auto_reload=False,
    )  # fmt: skip
    templates.globals["file"] = files.address
    return templates


def read_ahead() -> None:
    """Read every template now, so that nobody who asks first waits for it."""
    templates = environment()
    for name in templates.list_templates(extensions=["html"]):
        templates.get_template(name)


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None,
    address: Address | None = None, **shown: Any,
) -> Response:  # fmt: skip
    """A page made from a template, in the language of whoever reads it.

    Args:
        address: where the page can be asked for, if that is not where this request went.
    """
    desk = desk_of(request)
    reader, address = desk.reader(request), address or Address.of(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    around = {
        "language": reader.language,
        "languages": [(one, NAMES[one], chooses(address, lang=one)) for one in LANGUAGES if one != reader.language],
        "scheme": scheme(request),
        "schemes": {one: chooses(address, scheme=one) for one in (*SCHEMES, AUTOMATIC)},
        "address": address,
        "navigation": _navigation(desk, reader, caller) if caller is not None and status < 500 else [],
        **_saved(desk, reader, knows=caller is not None),
        "outdated_figures": _outdated(request, reader),
        "who": "" if caller is None else clean(caller.principal.email or ""),
        "signed_in": caller is not None and caller.session,
        "csrf": lambda: csrf.field(request),
        "csrf_headers": lambda: csrf.headers(request),
        "csrf_token": lambda: csrf.token(request),
        **words_of(reader),
    }
    text = environment().get_template(template).render(**around, **shown)
    given = {**_HEADERS, "Content-Language": reader.language, **(headers or {})}
    return Response(text, status, given, "text/html; charset=utf-8")


def _outdated(request: Request, reader: Reader) -> str:
    """The time of figures that are not of this moment, and are being counted anew; "" where there are none."""
    age = figures_of(request).outdated
    return "" if age is None else moment(to_us(reader.now) - int(age) * SECOND, reader)


def _navigation(desk: Desk, reader: Reader, caller: Caller) -> list[Link]:
    return links(desk, reader, caller.principal.allows, visible=caller.visible)


def _saved(desk: Desk, reader: Reader, *, knows: bool) -> dict[str, str]:
    """What was saved and is not in force, and why; only who may read lists is told."""
    state = desk.live.state
    found = state.refused if knows else None
    news = None if found is None else RulesRefused(found.place, found.code, found.what, found.errors)
    return {
        "refused": "" if news is None else refused_rules(news, reader),
        "restart": ", ".join(state.waiting) if knows else "",
    }


def words_of(reader: Reader) -> Mapping[str, Callable[..., Markup]]:
    """What templates say with: `_`, `ngettext` and `pgettext`; what fills a sentence is escaped, markup of ours is not.

    Named as Babel looks for them.
    """
    words = reader.words

    def say(text: str, /, **fillers: object) -> Markup:
        return _filled(words.gettext(text), fillers)

    def count(one: str, many: str, number: int, /, **fillers: object) -> Markup:
        return _filled(words.ngettext(one, many, number), fillers)

    def within(context: str, text: str, /, **fillers: object) -> Markup:
        return _filled(words.pgettext(context, text), fillers)

    return {"_": say, "ngettext": count, "pgettext": within}


def _filled(sentence: str, fillers: Mapping[str, object]) -> Markup:
    return escape(sentence).format(**fillers)
