"""`stalewatch serve`: the API, and the engine beside it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Protocol

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import say
from stalewatch.cli.projects import language_of
from stalewatch.clock import SystemClock
from stalewatch.engine.child import EngineProcess
from stalewatch.engine.embedded import Embedded
from stalewatch.engine.logs import Form, configure
from stalewatch.engine.redacting import redacted
from stalewatch.services.access.setup import Setup
from stalewatch.settings.known_secrets import secret_texts
from stalewatch.web.ahead import Ahead
from stalewatch.web.app import create_app
from stalewatch.web.serving import Server, check_exposure, is_at_home, listen, setup_of, url_of
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.live import Live
from stalewatch.wiring.slack import reception_of
from stalewatch.wiring.watching import Watch

log = logging.getLogger("stalewatch.serve")


class Engine(Protocol):
    """Whatever does the work while the server answers."""

    def start(self) -> None: ...

    def stop(self) -> object: ...


class Beside(Protocol):
    """What runs beside the server."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class Nobody:
    """`--no-worker`: another process does the work."""

    def start(self) -> None:
        """Nothing begins."""

    def stop(self) -> bool:
        """Nothing has to end."""
        return True


@command()
@click.option("--host", help="Address to listen on [default: web.host, else 127.0.0.1].")
@click.option("--port", type=click.IntRange(0, 65535), help="Port [default: web.port, else 8080]; 0 takes a free one.")
@click.option("--no-worker", is_flag=True, help="Only answer; another process reads, judges and tells.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Of what it logs.")
@click.option("--in-process", is_flag=True, help="Work in a thread of this process instead of a child of its own.")
def serve(
    invocation: Invocation, host: str | None, port: int | None, no_worker: bool, log_format: Form, in_process: bool
) -> int:
    """Serve the API, and read, judge and tell as long as it runs.

    \b
    stalewatch serve                       on this machine only: http://127.0.0.1:8080
    stalewatch serve --port 0              on any free port, which is printed
    stalewatch serve --host 0.0.0.0        for others; needs an API token or a login first
    stalewatch serve --no-worker           a second server beside one that works
    """
    configure(debug=invocation.debug, form=log_format)
    config, lang = invocation.config, invocation.lang
    with closing(wiring.open_project(config, now=invocation.now, language=lang, running=True)) as project:
        redacted.knows(secret_texts(project.settings))
        web = project.settings.web
        host = host or web.host
        check_exposure(project, host)
        with closing(listen(host, web.port if port is None else port)) as listener:
            live = Live(project, judges=in_process and not no_worker)
            engine, trouble = _engine(live, invocation, log_format, no_worker=no_worker)
            slack, watch = reception_of(live, lang), None if live.judges else Watch(live)
            setup = setup_of(project, host)
            app = create_app(
                live, is_local=is_at_home(project.settings, host), engine=trouble, slack=slack, setup=setup
            )  # fmt: skip
            greet = partial(_greet, listener, setup, language_of(invocation, project.settings))
            return work_and_answer(engine, Server(app, greet), listener, slack, watch, Ahead(app.state.desks))


def work_and_answer(engine: Engine, server: Server, listener: socket.socket, *beside: Beside | None) -> int:
    """Answer on a listening socket, with an engine at work, until Ctrl-C or SIGTERM; the exit status.

    Args:
        beside: what else runs meanwhile: takes what people answer in Slack, looks at the rules that are saved.
    """
    ended_by, others = _until_told(server), [one for one in beside if one is not None]
    engine.start()
    try:
        for one in others:
            one.start()
        server.run(sockets=[listener])
    finally:
        for one in others:
            one.stop()
        ended = engine.stop()
    if ended is False:  # a thread of ours is still in a call that cannot be cancelled; leases lapse by themselves
        log.warning("work was cut off")
        sys.stdout.flush()
        os._exit(1)
    return 130 if signal.SIGINT in ended_by else 0


def _greet(listener: socket.socket, setup: Setup | None, language: str) -> None:
    click.echo(f"stalewatch serves {url_of(listener)} (Ctrl-C ends it)")
    if setup is not None:
        click.echo(say(language, "setup_token", token=setup.token))


def _engine(
    live: Live, invocation: Invocation, form: Form, *, no_worker: bool
) -> tuple[Engine, Callable[[], str | None]]:
    """What does the work, and what it says is wrong with it."""
    if no_worker:
        return Nobody(), lambda: None
    if live.judges:
        return Embedded(live, language=invocation.lang), lambda: None
    child = EngineProcess([*_arguments(live.project, invocation), "--log-format", form])
    return child, child.trouble


def _arguments(project: Stalewatch, invocation: Invocation) -> list[str]:
    """The child's clock is as far ahead of the machine's as ours, whenever it starts."""
    arguments = ["--config", str(invocation.config)]
    if invocation.now is not None:
        arguments += ["--ahead", str((project.clock.now() - SystemClock().now()).total_seconds())]
    if invocation.lang is not None:
        arguments += ["--lang", invocation.lang]
    return [*arguments, "--debug"] if invocation.debug else arguments


def _until_told(server: Server) -> list[int]:
    """End the server at the first Ctrl-C or SIGTERM; returns the signals as they come."""
    came: list[int] = []

    def end(number: int, _frame: object) -> None:
        came.append(number)
        server.end()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return came
