"""The demo goes on: its API is answered and its company watched until Ctrl-C."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from stalewatch import wiring
from stalewatch.cli.asking import reader_of
from stalewatch.cli.demo_words import NO_ENVIRONMENT, served
from stalewatch.cli.invocation import Invocation
from stalewatch.cli.serve import work_and_answer
from stalewatch.engine.embedded import Embedded
from stalewatch.engine.logs import configure
from stalewatch.web.app import create_app
from stalewatch.web.serving import NoAddress, Server, listen, url_of


def serve_demo(config: Path, at: datetime, language: str, port: int) -> int:
    """Serve the demo project on this machine, the clock running on from its morning; ends with 0."""
    configure(debug=False)
    opened = wiring.open_project(config, now=at, env=NO_ENVIRONMENT, running=True)
    with closing(opened) as app, closing(_listener(port)) as listener:
        reader = reader_of(app, Invocation(lang=language))
        server = Server(create_app(app, is_local=True), lambda: click.echo("\n" + served(url_of(listener), reader)))
        work_and_answer(Embedded(app, language=language), server, listener)
    return 0


def _listener(port: int) -> socket.socket:
    """The port that is wanted, or any free one if that is taken."""
    try:
        return listen("127.0.0.1", port)
    except NoAddress:
        return listen("127.0.0.1", 0)
