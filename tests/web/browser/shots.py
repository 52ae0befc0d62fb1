"""`python -m tests.web.browser.shots`: every page of the demo's company as docs/pages.md shows it.

Both languages, light and dark, at one fixed moment of one made-up company: whoever changes how a page looks makes them
again, looks at them, and commits them with the change. It takes a few minutes, most of which is the demo's month.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Final, Literal, get_args

import click
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from stalewatch.cli.demo_month import SIZE, Stage, live_through
from stalewatch.web.app import create_app
from stalewatch.web.pages.navigation import ENTRIES
from stalewatch.web.serving import Server, listen, url_of
from stalewatch.wiring.live import Live
from stalewatch.wiring.measuring import keeping_of
from stalewatch_sandbox.company import simulated
from stalewatch_sandbox.project import BEFORE, DEMO_AT
from stalewatch_sandbox.staff import Language
from tests.house.tree import ROOT
from tests.web.browser import chromium

FOLDER: Final = ROOT / "docs" / "images" / "pages"
Scheme = Literal["light", "dark"]
WIDTH, HEIGHT = 1280, 900
QUALITY: Final = 60
"""Of WebP, where words stay sharp and a page has about 40 kB."""
_LEADS: Final = 80
"""The demo itself has none; the pages about them would be empty."""
PAGES: Final = {
    **{one.here: one.path for one in ENTRIES},
    "rule": "/rules/ghosted",
    "sign-in": "/sign-in",
    "problem": "/deals/nothing",
}
"""Name of the picture to the page. `deal` and `lead` are the first ones of their lists."""
LISTED: Final = {"deal": "/stalled", "lead": "/unobserved"}


def names() -> list[str]:
    """The pictures of every page, without language, scheme and suffix."""
    return [*PAGES, *LISTED]


def file_of(name: str, language: str, scheme: str, folder: Path = FOLDER) -> Path:
    """Where the picture is."""
    return folder / f"{name}.{language}.{scheme}.webp"


def files(folder: Path = FOLDER) -> list[Path]:
    """Every picture there is to be."""
    sorts = product(names(), get_args(Language), get_args(Scheme))
    return [file_of(name, language, scheme, folder) for name, language, scheme in sorts]


@contextmanager
def served(language: Language) -> Iterator[str]:
    """The address of the demo's dashboard, its month over and its time standing still."""
    began, size = DEMO_AT - BEFORE, replace(SIZE, leads=_LEADS)
    with TemporaryDirectory() as folder, simulated(began, size=size, about=DEMO_AT, home=language) as company:
        stage = Stage(company, Path(folder), language, DEMO_AT)
        stage.write()
        _watches_leads(Path(folder))
        live_through(stage)
        with closing(stage.open(running=False)) as app, closing(listen("127.0.0.1", 0)) as listener:
            keeping = keeping_of(app)
            while not keeping.until():
                keeping.run()
            ready = Event()
            server = Server(create_app(Live(app, judges=True), is_local=True), ready.set)
            thread = Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            ready.wait()
            yield url_of(listener)
            server.end()
            thread.join()


def _watches_leads(folder: Path) -> None:
    """The demo watches deals only, and a connection reads what somebody watches."""
    for file, before, after in (
        ("rules/demo.yaml", "include: [default]", "include: [default, leads]"),
        ("stalewatch.yaml", "\nescalations:\n", "\nescalations:\n  fast:\n    - {after: 1bd, to: [owner.manager]}\n"),
    ):
        written = (folder / file).read_text("utf-8")
        (folder / file).write_text(written.replace(before, after), "utf-8")


def take(browser: Browser, home: str, language: Language, scheme: Scheme, folder: Path) -> None:
    """Take the picture of every page, as much of it as a window shows."""
    size = ViewportSize(width=WIDTH, height=HEIGHT)
    context = browser.new_context(viewport=size, locale=language, color_scheme=scheme)
    page = context.new_page()
    for name, path in (
        PAGES | {name: _first(page, home + path, f"/{name}s/") for name, path in LISTED.items()}
    ).items():
        page.goto(home + path)
        page.wait_for_load_state("networkidle")
        page.wait_for_selector('main [hx-trigger^="load"]', state="detached")  # until all figures are counted
        told = {"format": "webp", "quality": QUALITY}
        shot = context.new_cdp_session(page).send("Page.captureScreenshot", told)
        file_of(name, language, scheme, folder).write_bytes(base64.b64decode(shot["data"]))
    context.close()


def _first(page: Page, address: str, beginning: str) -> str:
    """The path of the first record on a list, "/deals/..."."""
    page.goto(address)
    return page.locator(f'main a[href^="{beginning}"]').first.get_attribute("href") or ""


@click.command()
@click.option(
    "--folder", type=click.Path(path_type=Path), default=FOLDER, help="Where to put them [docs/images/pages]."
)
@click.option("--lang", type=click.Choice(get_args(Language)), multiple=True, help="Only in this language.")
def shots(folder: Path, lang: tuple[Language, ...]) -> None:
    """Make the pictures of docs/pages.md."""
    program = chromium.program()
    folder.mkdir(parents=True, exist_ok=True)
    for language in lang or get_args(Language):
        with served(language) as home, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=list(chromium.QUIETLY))
            for scheme in get_args(Scheme):
                take(browser, home, language, scheme, folder)
            browser.close()
        click.echo(f"{language}: {len(names()) * len(get_args(Scheme))} pictures in {folder}")


if __name__ == "__main__":
    shots()
