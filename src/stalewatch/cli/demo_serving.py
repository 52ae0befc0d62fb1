"""The demo goes on: its Slack and its dashboard answer, and its company is watched, until Ctrl-C."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import closing

import click

from stalewatch.cli.asking import reader_of
from stalewatch.cli.demo_month import Stage, live_through, open_deals
from stalewatch.cli.demo_words import Places, opening_words, served, watching
from stalewatch.cli.invocation import Invocation
from stalewatch.cli.serve import work_and_answer
from stalewatch.delivery.wording.reader import Reader
from stalewatch.engine.embedded import Embedded
from stalewatch.engine.logs import configure
from stalewatch.web.app import create_app
from stalewatch.web.serving import NoAddress, Server, listen, url_of
from stalewatch.wiring.live import Live
from stalewatch.wiring.slack import reception_of
from stalewatch_sandbox.company import Simulated


def serve_the_month(stage: Stage, port: int) -> Reader:
    """Let the month pass while Slack can be watched, then serve all of it, time running on, until Ctrl-C."""
    configure(debug=False)
    company = stage.company
    with closing(_listener(port)) as listener:
        url = url_of(listener)
        stage.write(public_url=url)
        click.echo(watching(company.slack.url, stage.language))
        month = live_through(stage)
        company.slack.interactions.reach(url)
        with closing(stage.open(running=True)) as app:
            company.clock.run()
            reader = reader_of(app, Invocation(lang=stage.language))
            click.echo(opening_words(open_deals(app), len(month.mail), stage.began, reader))
            places = served(Places(slack=_busiest(company), server=url), reader)
            live = Live(app, judges=True)
            slack = reception_of(live, stage.language)
            server = Server(create_app(live, is_local=True, slack=slack), lambda: click.echo("\n" + places))
            work_and_answer(Embedded(live, language=stage.language), server, listener, slack)
            return reader


def _busiest(company: Simulated) -> str:
    """The page of Slack, open at whoever was told most."""
    told = Counter(one.channel for one in company.slack.workspace.ledger if one.kind == "post" and one.user)
    return f"{company.slack.url}/?channel={max(told, key=told.__getitem__)}" if told else company.slack.url


def _listener(port: int) -> socket.socket:
    """The port that is wanted, or any free one if that is taken."""
    try:
        return listen("127.0.0.1", port)
    except NoAddress:
        return listen("127.0.0.1", 0)
