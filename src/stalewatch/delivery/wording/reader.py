"""Who reads, and when: everything that wording needs to know besides the facts."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from babel import Locale
from babel.lists import format_list
from babel.numbers import format_decimal, format_percent

from stalewatch.delivery.catalogues import LANGUAGES, SOURCE_LANGUAGE, translations
from stalewatch.delivery.wording.untrusted import clean


@dataclass(frozen=True, slots=True)
class Reader:
    """The language ("en", "ja"; anything else reads English), the zone (IANA) and the present of a reader.

    `now` is timezone-aware.
    """

    language: str
    now: datetime
    zone: str = "UTC"

    @property
    def words(self) -> gettext.NullTranslations:
        """The catalogue of the language."""
        return translations(self.language)

    @property
    def locale(self) -> Locale:
        """Babel's locale of the language."""
        return _locale(self.language)

    def pick(self, words: Mapping[str, str]) -> str:
        """The words in this language, else in English, else in any; safe to show."""
        text = words.get(self.language) or words.get(SOURCE_LANGUAGE) or next(iter(words.values()), "")
        return clean(text)

    def number(self, value: float) -> str:
        """A number with the language's separators."""
        return format_decimal(value, locale=self.locale)

    def percent(self, share: float) -> str:
        """A share (0..1) in whole per cent."""
        return format_percent(share, locale=self.locale)

    def listed(self, items: list[str] | tuple[str, ...]) -> str:
        """ "a, b, and c" / "a、b、c"."""
        return format_list(items, locale=self.locale)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language if language in LANGUAGES else SOURCE_LANGUAGE)
