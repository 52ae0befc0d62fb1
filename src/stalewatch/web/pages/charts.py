"""Charts: drawn by pygal on the server as SVG without any style or script, which our policy would refuse.

What pygal draws is taken over element by element, shapes and words only; classes of stalewatch.css colour it, so that
light and dark come from the same variables. Every chart has the table of its figures with it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import blake2s
from itertools import zip_longest
from math import ceil, floor, isfinite, log10
from typing import Any, Final

import pygal
from markupsafe import Markup, escape
from pygal.style import Style

from stalewatch.delivery.wording.money import money
from stalewatch.delivery.wording.reader import Reader

for _finder in [one for one in sys.meta_path if isinstance(one, pygal.PluginImportFixer)]:
    sys.meta_path.remove(_finder)  # for pygal's own plugins, in the way of Python 2: every later import would warn

TONES: Final = ("plain", "late", "soon", "hold", "fine")
_WIDTH, _HEIGHT = 640, 240
_SPARK: Final = (200, 36)
_MOST: Final = 1e15
"""Beyond it a figure is drawn as if it were this: pygal's scales end where floats do."""
_FINEST: Final = {"rate": -2, "days": -1}
"""The power of ten by which two words beside a chart differ at least; a whole one for counts and money. Nearer ones
would be the same word twice: "1%, 1%, 0%, 0%"."""
_LABELS: Final = 8
"""Words below a chart, at most about as many."""
_SHAPES: Final = {
    "svg": ("viewBox",),
    "g": ("class", "transform"),
    "path": ("class", "d", "transform"),
    "rect": ("class", "x", "y", "width", "height", "rx", "ry", "transform"),
    "circle": ("class", "cx", "cy", "r"),
    "line": ("class", "x1", "x2", "y1", "y2"),
    "text": ("class", "x", "y", "transform"),
}
"""Elements that are taken over, with the attributes that say where they stand."""
_LEFT_OUT: Final = ("tooltip-overlay", "legends", "titles", "background")


@dataclass(frozen=True, slots=True)
class Series:
    """One line, or the bars of one colour.

    Attributes:
        values: one for each label; None, and what is no number, leaves a gap.
        tone: "plain", or the state it stands for: "late", "soon", "hold", "fine".
    """

    name: str
    values: Sequence[float | None]
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Table:
    """The same figures in words: its heads, and a row for each label."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """What `chart` in templates/parts.html shows. `svg` is empty where there is nothing to draw.

    Attributes:
        legend: (name, tone, the place of its line style) of each series.
    """

    title: str
    svg: Markup
    table: Table
    legend: tuple[tuple[str, str, int], ...] = field(default=())


def line(series: Sequence[Series], labels: Sequence[str], *, title: str, unit: str, reader: Reader) -> Chart:
    """Lines over time.

    Args:
        labels: below the chart, one for each value; as many as fit are shown.
        title: what the chart shows, for those who cannot see it and above the table.
        unit: "rate" (a share, 0..1), "days", "count", or a currency (ISO 4217; values in whole units of it).
    """
    return _chart(pygal.Line, series, labels, title, unit, reader, dots_size=2.5, allow_interruptions=True)


def bars(series: Sequence[Series], labels: Sequence[str], *, title: str, unit: str, reader: Reader) -> Chart:
    """Bars side by side, one group for each label. Arguments as `line`."""
    return _chart(pygal.Bar, series, labels, title, unit, reader, gap=0)


def stacked(series: Sequence[Series], labels: Sequence[str], *, title: str, unit: str, reader: Reader) -> Chart:
    """Bars on top of each other, one pile for each label. Arguments as `line`."""
    return _chart(pygal.StackedBar, series, labels, title, unit, reader, gap=0)


def spark(values: Sequence[float | None], *, title: str) -> Markup:
    """A small line without words, for a card; "" where fewer than two values are known."""
    known = [_drawable(value) for value in values]
    if sum(value is not None for value in known) < 2:
        return Markup("")
    drawing = pygal.Line(
        width=_SPARK[0], height=_SPARK[1], show_dots=False, show_legend=False, show_x_labels=False,
        show_y_labels=False, show_y_guides=False, margin=2, spacing=0,
    )  # fmt: skip
    drawing.add("", known)
    return _taken_over(drawing, ["plain"], [], "spark", title, "")


def _chart(
    kind: Callable[..., Any], series: Sequence[Series], labels: Sequence[str], title: str, unit: str, reader: Reader,
    gap: float | None = None, **more: Any,
) -> Chart:  # fmt: skip
    """`gap` is what is drawn where nothing is known; None: nothing."""

    def said(value: float | None) -> str:
        return "–" if value is None else _figure(value, unit, reader)

    drawn = [[_drawable(value) for value in one.values[: len(labels)]] for one in series]
    table = Table(
        ("", *(one.name for one in series)),
        tuple((label, *(said(_at(values, place)) for values in drawn)) for place, label in enumerate(labels)),
    )
    legend = tuple((one.name, _tone(one), place) for place, one in enumerate(series)) if len(series) > 1 else ()
    if not any(value is not None for values in drawn for value in values):
        return Chart(title, Markup(""), table, legend)
    drawing = kind(
        width=_WIDTH, height=_HEIGHT, show_legend=False, value_formatter=said, margin=12, spacing=8,
        style=Style(label_font_size=12, major_label_font_size=12, font_family="sans-serif"),
        show_minor_x_labels=False, x_labels_major_every=max(1, -(-len(labels) // _LABELS)),
        y_labels=_ticks(*_extremes(kind, drawn, unit), _FINEST.get(unit, 0)), truncate_label=-1, **more,
    )  # fmt: skip
    drawing.x_labels = [str(label) for label in labels]
    for one, values in zip(series, drawn, strict=True):
        drawing.add(one.name, [gap if value is None else value for value in values])
    hints = [[f"{label}: {said(value)}" for label, value in zip(labels, values, strict=False)
              if value is not None or gap is not None] for values in drawn]  # fmt: skip
    desc = reader.words.gettext("The table below has all of its figures.")
    svg = _taken_over(drawing, [_tone(one) for one in series], hints, "drawn", title, desc)
    return Chart(title, svg, table, legend)


def _extremes(kind: Callable[..., Any], drawn: Sequence[Sequence[float | None]], unit: str) -> tuple[float, float]:
    """The least and the most that is to be drawn. A line of shares or days need not begin at nothing."""
    known = [value for values in drawn for value in values if value is not None]
    if kind is pygal.StackedBar:
        known = [sum(value or 0.0 for value in pile) for pile in zip_longest(*drawn)]
    if kind is not pygal.Line or unit not in _FINEST:
        known.append(0.0)
    return min(known), max(known)


def _ticks(low: float, high: float, finest: int) -> list[float]:
    """Two to five round figures at the same distance, around everything."""
    wanted = max((high - low) / 3, 10.0**finest)
    power = 10.0 ** floor(log10(wanted))
    step = next(times * power for times in (1, 2, 5, 10) if wanted <= times * power * (1 + 1e-9))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(place * step, 9) for place in range(first, max(last, first + 1) + 1)]


def _tone(series: Series) -> str:
    return series.tone if series.tone in TONES else TONES[0]


def _at(values: Sequence[float | None], place: int) -> float | None:
    return values[place] if place < len(values) else None


def _drawable(value: float | None) -> float | None:
    """A number that pygal can place; None for what is none."""
    if value is None or not isfinite(value):
        return None
    return max(-_MOST, min(_MOST, float(value)))


def _figure(value: float, unit: str, reader: Reader) -> str:
    if unit == "rate":
        return reader.percent(value)
    if unit in ("days", "count"):
        return reader.number(round(value, 1))
    return money(Decimal(str(value)), unit, reader)


# ------------------------------------------------------------------------------------------ what pygal drew, as ours


def _taken_over(
    drawing: Any, tones: Sequence[str], hints: Sequence[Sequence[str]], kind: str, title: str, desc: str
) -> Markup:
    """The shapes of a drawing, with our classes; `hints` are said where a pointer rests on a figure."""
    root = drawing.render_tree()
    name = f"c{blake2s(repr((title, kind, hints, tones)).encode(), digest_size=5).hexdigest()}"
    width, height = _SPARK if kind == "spark" else (_WIDTH, _HEIGHT)
    inside = Markup("").join(_copied(child, tones, [list(one) for one in hints]) for child in root)
    spoken = Markup('<title id="{name}t">{title}</title>').format(name=name, title=title)
    named = f"{name}t"
    if desc:
        spoken += Markup('<desc id="{name}d">{desc}</desc>').format(name=name, desc=desc)
        named += f" {name}d"
    fits = Markup(' preserveAspectRatio="none"') if kind == "spark" else Markup("")
    return Markup(
        '<svg class="{kind}" viewBox="0 0 {width} {height}"{fits} role="img" aria-labelledby="{named}" '
        'focusable="false">{spoken}{inside}</svg>'
    ).format(kind=kind, width=width, height=height, fits=fits, named=named, spoken=spoken, inside=inside)


def _copied(element: Any, tones: Sequence[str], hints: Sequence[list[str]]) -> Markup:
    tag = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
    classes = element.attrib.get("class", "").split()
    if tag not in _SHAPES or any(one in _LEFT_OUT for one in classes):
        return Markup("")
    place = _series(classes)
    if place is not None and place < len(tones):
        classes.append(f"tone-{tones[place]}")
        hints = [hints[place]] if place < len(hints) else []
    attributes = Markup("").join(
        Markup(' {name}="{value}"').format(name=name, value=" ".join(classes) if name == "class" else _short(value))
        for name, value in element.attrib.items()
        if name in _SHAPES[tag]
    )
    inside = _hint(classes, hints) + escape(element.text or "" if tag == "text" else "")
    inside += Markup("").join(_copied(child, tones, hints) for child in element)
    return Markup("<{tag}{attributes}>{inside}</{tag}>").format(tag=tag, attributes=attributes, inside=inside)


def _series(classes: Sequence[str]) -> int | None:
    found = [one.removeprefix("serie-") for one in classes if one.startswith("serie-")]
    return int(found[0]) if found and found[0].isdigit() else None


def _hint(classes: Sequence[str], hints: Sequence[list[str]]) -> Markup:
    """pygal draws the figures of a series in their order, each in a group of its own."""
    if not {"dots", "bar"} & set(classes) or len(hints) != 1 or not hints[0]:
        return Markup("")
    return Markup("<title>{}</title>").format(hints[0].pop(0))


def _short(value: str) -> str:
    """pygal writes coordinates with up to seventeen digits; a tenth of a unit is less than a pixel."""
    return " ".join(_rounded(part) for part in value.split(" "))


def _rounded(part: str) -> str:
    letter = part[:1] if part[:1].isalpha() else ""
    try:
        return f"{letter}{round(float(part[len(letter) :]), 1):g}"
    except (ValueError, OverflowError):
        return part
