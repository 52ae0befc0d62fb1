"""The sentences of each language, through gettext: English stands in the source, the others in `locale/`.

After changing a sentence, change `locale/<language>/LC_MESSAGES/stalewatch.po` and compile it:

    pybabel compile -D stalewatch -d src/stalewatch/delivery/locale
"""

from __future__ import annotations

import gettext
from functools import cache
from importlib.resources import files
from typing import Final

SOURCE_LANGUAGE: Final = "en"
LANGUAGES: Final = ("en", "ja")


@cache
def translations(language: str) -> gettext.NullTranslations:
    """The catalogue of a language; a language without one is answered in English."""
    if language == SOURCE_LANGUAGE or language not in LANGUAGES:
        return gettext.NullTranslations()
    catalogue = files(__package__) / "locale" / language / "LC_MESSAGES" / "stalewatch.mo"
    with catalogue.open("rb") as stream:
        return gettext.GNUTranslations(stream)
