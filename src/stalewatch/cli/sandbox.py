"""`stalewatch sandbox`: the simulated Salesforce, HubSpot and Slack alone, to point other clients at."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import click

from stalewatch import wiring
from stalewatch.cli.init import starter_pack
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.sandbox_words import served
from stalewatch.cli.schema_files import write_schemas
from stalewatch.clock import SystemClock
from stalewatch.sdk.errors import ConfigurationError
from stalewatch_sandbox.company import Ports, Simulated, simulated
from stalewatch_sandbox.pipeline import Size
from stalewatch_sandbox.project import write_demo_project
from stalewatch_sandbox.staff import Language

_PORT = click.IntRange(0, 65535)


@command()
@click.option("--deals", type=click.IntRange(1, 20_000), default=200, show_default=True, help="Deals that are open.")
@click.option("--silent", type=click.IntRange(0), default=0, help="More, whose customers fell silent in negotiation.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another number is another company.")
@click.option("--speed", type=click.FloatRange(min=0), default=1.0, show_default=True, help="Of its clock; 0 stands.")
@click.option("--salesforce-port", type=_PORT, default=0, help="Of the simulated Salesforce [any free one].")
@click.option("--hubspot-port", type=_PORT, default=0, help="Of the simulated HubSpot [any free one].")
@click.option("--slack-port", type=_PORT, default=0, help="Of the simulated Slack [any free one].")
@click.option("--project", type=click.Path(path_type=Path), metavar="DIR", help="Write a project that watches it.")
def sandbox(
    invocation: Invocation, deals: int, silent: int, seed: int, speed: float, salesforce_port: int, hubspot_port: int,
    slack_port: int, project: Path | None,
) -> None:  # fmt: skip
    """Serve a made-up company in a simulated Salesforce, HubSpot and Slack on this machine, until Ctrl-C.

    Official clients work with them unchanged. People live on there as its clock runs: now, or from --now.

    \b
    Examples:
      stalewatch sandbox --deals 2000
      stalewatch sandbox --project acme      then, elsewhere: stalewatch run --once --config acme/stalewatch.yaml
      stalewatch sandbox --json --now 2026-04-15T09:00:00+09:00 --speed 60
    """
    size = Size(open=deals, closed=deals // 4, later=deals // 2, leads=deals // 4, silent=silent)
    ports = Ports(salesforce_port, hubspot_port, slack_port)
    language: Language = "ja" if invocation.lang == "ja" else "en"
    moment = invocation.now or SystemClock().now()
    servers = simulated(moment, seed=seed, size=size, home=language, ports=ports)
    with _until_told() as ended, _listening(servers) as company:
        if project is not None:
            _write(project, company, language)
        company.clock.run(speed)
        said = _facts(company, project)
        click.echo(json.dumps(said, ensure_ascii=False, indent=2) if invocation.json else served(said, language))
        while not ended.wait(1.0):  # a signal is only heard between two waits
            pass


def _facts(company: Simulated, project: Path | None) -> dict[str, Any]:
    """Where everything is, what opens it, and what a stalewatch.yaml says of it."""
    app, slack = company.salesforce.app, company.slack
    return {
        "now": company.clock.now().isoformat(timespec="seconds"),
        "deals": company.world.size.open + company.world.size.silent,
        "salesforce": {
            "url": company.salesforce.url, "client_id": app.client_id, "client_secret": app.client_secret,
        },
        "hubspot": {"url": company.hubspot.url, "token": company.hubspot.token},
        "slack": {
            "url": slack.url, "base_url": slack.api_url, "bot_token": slack.token, "app_token": slack.app_token,
            "signing_secret": slack.signing_secret,
        },
        "stalewatch.yaml": {"connections": company.connections(), "notify": company.notify()},
        "environment": company.environment(),
        "project": None if project is None else str(project / "stalewatch.yaml"),
    }  # fmt: skip


def _write(folder: Path, company: Simulated, language: Language) -> None:
    """Write the project, into a new folder, with the starter pack in files of its own to be changed at will.

    Raises:
        ConfigurationError: there is something in it already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigurationError("is there already, and not empty", where=str(folder), cure="name a new folder")
    config = write_demo_project(folder, company, language=language)
    for name, text in starter_pack().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    write_schemas(wiring.read_settings(config).draft, language)


@contextmanager
def _listening(servers: AbstractContextManager[Simulated]) -> Iterator[Simulated]:
    """The servers at work.

    Raises:
        ConfigurationError: a port is taken.
    """
    try:
        company = servers.__enter__()
    except OSError as error:
        cure = "choose another one, or none"
        raise ConfigurationError(f"a port cannot be used: {error.strerror}", cure=cure) from error
    try:
        yield company
    finally:
        servers.__exit__(None, None, None)


@contextmanager
def _until_told() -> Iterator[threading.Event]:
    """Set by Ctrl-C and by SIGTERM."""
    ended = threading.Event()
    before = {name: signal.signal(name, lambda *_: ended.set()) for name in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ended
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
