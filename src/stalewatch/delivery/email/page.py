"""A message as the HTML of a letter: calm, readable without colours, and with nothing that is fetched from anywhere.

Mail programs know little of the web: one column, text that wraps, a few styles that may be missing. Light and dark
follow the reader's own setting.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from stalewatch.delivery.catalogues import translations
from stalewatch.delivery.wording.emphasis import bold_parts
from stalewatch.delivery.wording.untrusted import printable, safe_url, shorten
from stalewatch.sdk.notifier import Entry, Message, Style

LONGEST: Final = 2_000
"""Characters of one text; a novel in a CRM field is cut."""
_STYLE: Final = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
body { margin: 0; padding: 0; background: #ffffff; color: #1f2933; overflow-wrap: anywhere;
  font: 15px/1.6 -apple-system, "Segoe UI", "Hiragino Sans", "Noto Sans JP", "Noto Sans CJK JP", Meiryo, Arial,
    sans-serif; }
.page { max-width: 600px; margin: 0 auto; padding: 24px 20px; }
h1 { font-size: 20px; line-height: 1.4; margin: 0 0 16px; }
h2 { font-size: 13px; margin: 24px 0 8px; color: #52606d; }
.entry { margin: 0; padding: 14px 0; border-top: 1px solid #d9e2ec; }
.entry p { margin: 0; }
.entry p + p { margin-top: 3px; }
.headline { font-weight: 600; }
.chip { display: inline-block; margin: 4px 6px 0 0; padding: 0 8px; border-radius: 9px; font-size: 13px;
  background: #e9eff5; color: #334e68; }
.was, .note, .footer { color: #52606d; }
.footer { margin: 20px 0 0; padding: 14px 0 0; border-top: 1px solid #d9e2ec; font-size: 13px; }
.footer p { margin: 0 0 4px; }
a { color: #1d4e89; }
@media (prefers-color-scheme: dark) {
  body { background: #15191e; color: #e4e7eb; }
  h2, .was, .note, .footer { color: #9aa5b1; }
  .entry, .footer { border-color: #323f4b; }
  .chip { background: #27323d; color: #cbd2d9; }
  a { color: #8cc2ff; }
}
"""


def page(message: Message) -> str:
    """The whole page. What others wrote is escaped; a link leads only to an address that we made."""
    title = said(message.title)
    return "\n".join(
        (
            "<!doctype html>",
            f'<html lang="{escape(message.language)}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{title}</title><style>{_STYLE}</style></head>",
            f'<body><div class="page"><h1>{title}</h1>',
            *_entries(message),
            *_footer(message),
            "</div></body></html>",
            "",
        )
    )


def said(text: str) -> str:
    """Text of others on one line: it stays text."""
    return escape(shorten(printable(text[: 4 * LONGEST]), LONGEST))


def _entries(message: Message) -> Iterator[str]:
    section = ""
    for place, entry in enumerate(message.entries, start=1):
        if entry.section != section:
            section = entry.section
            yield f"<h2>{said(section)}</h2>"
        numbered = message.style is Style.DIGEST and not entry.resolved
        yield f'<div class="entry">{"".join(_entry(entry, f"{place}. " if numbered else "", message))}</div>'


def _entry(entry: Entry, number: str, message: Message) -> Iterator[str]:
    url = safe_url(entry.url) if entry.url != message.url else None
    if entry.headline != message.title:
        yield f'<p class="headline">{number}{said(entry.headline)}</p>'
    if entry.struck:
        yield f'<p class="was"><s>{_emphasized(entry.struck)}</s></p>'
    if entry.body:
        yield f"<p>{_emphasized(entry.body)}</p>"
    if entry.chips:
        yield f"<p>{''.join(_chip(chip) for chip in entry.chips)}</p>"
    if entry.note:
        yield f'<p class="note">{_emphasized(entry.note)}</p>'
    if url:
        yield f"<p>{_link(url, translations(message.language).gettext('Open the record'))}</p>"


def _chip(chip: str) -> str:
    return f'<span class="chip">{said(chip)}</span> '


def _footer(message: Message) -> Iterator[str]:
    url = safe_url(message.url)
    lines = [f"<p>{_emphasized(line)}</p>" for line in message.footer]
    if url:
        lines.append(f"<p>{_link(url, message.link or url)}</p>")
    if lines:
        yield f'<div class="footer">{"".join(lines)}</div>'


def _emphasized(text: str) -> str:
    parts = bold_parts(shorten(printable(text[: 4 * LONGEST]), LONGEST))
    return "".join(f"<strong>{escape(part)}</strong>" if is_bold else escape(part) for part, is_bold in parts)


def _link(url: str, words: str) -> str:
    return f'<a href="{escape(url)}">{said(words)}</a>'
