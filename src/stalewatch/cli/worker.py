"""`stalewatch worker`: one of several processes that do the work of a project on PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from contextlib import closing
from threading import Timer
from typing import Final

import click

from stalewatch import wiring
from stalewatch.cli.invocation import Invocation, command
from stalewatch.engine.distributed import Distributed
from stalewatch.engine.logs import Form, configure
from stalewatch.engine.queue import shipped_schema
from stalewatch.engine.redacting import redacted
from stalewatch.settings.known_secrets import secret_texts
from stalewatch.wiring import Stalewatch
from stalewatch.wiring.databases import queue_address
from stalewatch.wiring.live import Live

log = logging.getLogger("stalewatch.worker")

CUT_OFF: Final = 9.0
"""Seconds after the signal at which the process ends, whatever it does: a thread cannot be ended."""


@command()
@click.option("--queues", metavar="KINDS", help="Kinds of work, by commas: sync,tick,dispatch,... [default: all].")
@click.option("--concurrency", type=click.IntRange(1, 64), default=1, help="Reads, sends and writes at once, of each.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="Of what it logs.")
def worker(invocation: Invocation, queues: str | None, concurrency: int, log_format: Form) -> int:
    """Read, judge and tell beside other workers, on any number of machines, until Ctrl-C or SIGTERM.

    Needs PostgreSQL. As many as you like: of whatever is to be done, one of them does it.

    \b
    stalewatch worker                              all kinds of work
    stalewatch worker --concurrency 8              up to eight connections read at once
    stalewatch worker --queues dispatch,answers    only what people wait for
    """
    configure(debug=invocation.debug, form=log_format)
    config, lang = invocation.config, invocation.lang
    with closing(wiring.open_project(config, now=invocation.now, language=lang, running=True)) as project:
        redacted.knows(secret_texts(project.settings))
        return asyncio.run(_work(project, invocation, _kinds(queues), concurrency))


async def _work(project: Stalewatch, invocation: Invocation, kinds: Sequence[str], concurrency: int) -> int:
    """Work until told to end; the exit status."""
    address = queue_address(project.db, shipped_schema()[1])
    engine = Distributed(
        Live(project, judges=True), address, kinds=kinds, at_once=concurrency, language=invocation.lang
    )  # fmt: skip
    unknown = sorted(set(kinds).difference(engine.kinds))
    if unknown:
        raise click.BadParameter(f"there is no work of the kind {', '.join(unknown)}", param_hint="--queues")
    came: list[int] = []

    def end(number: int) -> None:
        came.append(number)
        cut_off = Timer(CUT_OFF, _cut_off)
        cut_off.daemon = True
        cut_off.start()
        engine.stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, end, number)
    log.info("worker %d works: %s", os.getpid(), ", ".join(engine.kinds))
    if not await engine.run():
        _cut_off()
    return 130 if signal.SIGINT in came else 0


def _kinds(queues: str | None) -> list[str]:
    return [] if queues is None else [name.strip() for name in queues.split(",") if name.strip()]


def _cut_off() -> None:
    """What is under way is left to its leases, which lapse by themselves."""
    log.warning("work was cut off; its leases lapse by themselves")
    logging.shutdown()
    os._exit(1)
