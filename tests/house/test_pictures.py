"""The pictures of docs/pages.md: every page of the dashboard in both languages, light and dark, and small."""

from __future__ import annotations

from typing import Final

from tests.house.pages import DOCS
from tests.web.browser.shots import FOLDER, files

MOST: Final = 3_000_000
"""Bytes of all of them: whoever clones the repository carries them along."""


def test_every_page_has_its_pictures_and_no_picture_is_of_a_page_that_is_gone() -> None:
    assert {file.name for file in FOLDER.iterdir()} == {file.name for file in files()}
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) <= MOST
    assert all(file.read_bytes()[8:12] == b"WEBP" for file in files())


def test_the_page_of_pictures_shows_all_of_them() -> None:
    written = (DOCS / "pages.md").read_text("utf-8")
    assert [file.name for file in files() if written.count(f"images/pages/{file.name}") != 2] == []
