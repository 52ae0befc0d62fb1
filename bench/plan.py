"""What many companies would take: computed from the figures in docs/performance.md, written into docs/scale.md.

python -m bench.plan                                  as docs/scale.md has it
python -m bench.plan --companies 500 --deals 200000   another fleet; printed, and nothing is written
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from math import ceil
from pathlib import Path
from typing import Final

from bench import page

PAGE: Final = page.PAGE.with_name("scale.md")
_BLOCK: Final = re.compile(r"(?<=<!-- figures -->\n).*?(?=<!-- end of figures -->)", re.DOTALL)
DAY: Final = 86_400
GB: Final = 1e9


class NotMeasured(Exception):
    """A figure is not on the page: which bench has to run first."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one processor, from docs/performance.md, all in seconds unless their name says otherwise.

    Attributes:
        first: one deal read with its history for the first time. changed: one that changed, stored and judged.
        due: one deadline that came, with its alert and its notice. idle: a look when nothing is due.
        day: the KPIs of one deal and one day. answers: pages of the stalled list a second, one worker.
        claims: rows claimed and finished a second, on PostgreSQL. kilobytes: of the database for a deal with its past.
    """

    first: float
    changed: float
    due: float
    idle: float
    day: float
    answers: float
    claims: float
    kilobytes: float


@dataclass(frozen=True, slots=True)
class Fleet:
    """Who uses it, and how; what is assumed, and may be said otherwise on the command line.

    Attributes:
        deals: open ones of a company. changing: the share of them that changes on a working day.
        every: minutes between two readings. calls: of a CRM for a quiet reading (HubSpot 5 searches, Salesforce 1).
        due: share of the deals of which a deadline comes on a working day.
        people: reps and managers of a company. pages: that each of them opens on a working day.
        messages: that a person gets in a week. peak: how much busier the busiest hour is than the average one.
        cores, memory, disk: of one database server; busy: how much of a server is planned to be used.
    """

    companies: int = 10_000
    deals: int = 10_000
    changing: float = 0.10
    every: float = 5.0
    calls: float = 5.0
    due: float = 0.02
    people: int = 45
    pages: float = 20.0
    messages: float = 2.5
    peak: float = 4.0
    cores: int = 16
    disk: float = 2_000.0
    busy: float = 0.5
    core_price: float = 25.0
    gigabyte_price: float = 0.15


_FIGURES: Final = {
    "first": (r"deals with their history for the first time: .*? ([\d.,]+) µs of one processor a deal", 1e-6),
    "changed": (r"deals that changed once more: ([\d.,]+) µs of one processor a deal", 1e-6),
    "due": (r"PostgreSQL: a tick with 10,000 due: ([\d.,]+) ms", 1e-7),
    "idle": (r"PostgreSQL: an idle tick with 1,000,000 deals: ([\d.,]+) ms", 1e-3),
    "day": (r"the KPIs of one day: ([\d.,]+) µs of one processor a deal", 1e-6),
    "answers": (r"PostgreSQL, a manager's own: ([\d.,]+) a second", 1.0),
    "claims": (r"PostgreSQL: ([\d.,]+) rows a second claimed and finished", 1.0),
    "kilobytes": (r"PostgreSQL, the database: ([\d.,]+) kB a deal", 1.0),
}
"""Where each figure stands on the page, and what it is in seconds (of 10,000 that are due: of one)."""


def measured(text: str) -> Measured:
    """Read the figures.

    Raises:
        NotMeasured: one is not there.
    """
    found = {}
    for name, (pattern, unit) in _FIGURES.items():
        hit = re.search(pattern, text)
        if hit is None:
            raise NotMeasured(f"docs/performance.md does not say {name!r} ({pattern}): run `make bench`")
        found[name] = float(hit[1].replace(",", "")) * unit
    return Measured(**found)


def plan(m: Measured, f: Fleet) -> Iterator[tuple[str, str, str]]:
    """What it takes, line by line: what, how much, how that follows."""
    deals, waking = f.companies * f.deals, DAY / (60 * f.every)
    yield "open deals", f"{deals:,}", f"{f.companies:,} companies x {f.deals:,}"
    stored = deals * f.changing * m.changed
    looks = f.companies * 1440 * m.idle
    fallen = deals * f.due * m.due
    days = deals * m.day
    requests = f.companies * f.people * f.pages
    served = requests / m.answers
    said = f.companies * f.people * f.messages / 5
    spent = {
        "reading what changed": (stored, f"{f.changing:.0%} of the deals x {_small(m.changed)}"),
        "looking at what is due": (looks, f"every minute for each company x {_small(m.idle)}"),
        "deadlines that come": (fallen, f"{f.due:.0%} of the deals x {_small(m.due)}"),
        "KPIs of the day": (days, f"every deal x {_small(m.day)}"),
        "pages that people open": (served, f"{requests:,.0f} a day, {m.answers:,.0f} a second and worker"),
        "messages": (said / m.claims, f"{said:,.0f} a day, {m.claims:,.0f} claimed and finished a second"),
    }
    for what, (seconds, why) in spent.items():
        yield what, f"{seconds / 3600:,.1f} core-hours a day", why
    total = sum(seconds for seconds, _ in spent.values())
    cores = total / DAY * f.peak / f.busy
    yield "cores", f"{ceil(cores):,}", f"{total / 3600:,.0f} core-hours a day, busiest hour x {f.peak:g}, half used"
    yield "first read of all of them", f"{deals * m.first / 3600:,.0f} core-hours", f"{_small(m.first)} a deal, once"
    size = deals * m.kilobytes * 1e3 / GB
    servers = max(ceil(size / (f.disk * f.busy)), ceil(cores / f.cores))
    yield "database", f"{size:,.0f} GB", f"{m.kilobytes:.1f} kB a deal with its past"
    yield "database servers", f"{servers:,}", f"{f.disk:,.0f} GB and {f.cores} cores each, half used"
    yield "companies on one", f"{ceil(f.companies / servers):,}", f"{size / servers:,.0f} GB each server"
    calls = waking * f.calls
    yield "calls of one company's CRM", f"{calls:,.0f} a day", f"every {f.every:g} minutes x {f.calls:g}; never shared"
    yield "calls of all", f"{calls * f.companies / DAY:,.0f} a second", "what the workers' network has to carry"
    price = cores * f.core_price + 2 * size * f.gigabyte_price
    yield "cost", f"{price:,.0f} a month", f"{f.core_price:g} a core, {f.gigabyte_price:g} a GB, stored twice"
    yield "cost of one company", f"{price / f.companies:.2f} a month", "currency as the two prices have it"


def table(m: Measured, f: Fleet) -> str:
    """The plan as Markdown."""
    rows = [f"| {what} | {much} | {why} |" for what, much, why in plan(m, f)]
    return "\n".join(["| what | how much | how that follows |", "|---|---:|---|", *rows]) + "\n"


def _small(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.1f} ms"


def main() -> None:
    """Write the page, or print another fleet's plan."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for one in fields(Fleet):
        kind = int if one.type == "int" else float
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=kind, default=None, help=f"{one.default}")
    said = {name: value for name, value in vars(parser.parse_args()).items() if value is not None}
    found = table(measured(page.PAGE.read_text("utf-8")), replace(Fleet(), **said))
    if said:
        print(found, end="")
        return
    text = PAGE.read_text("utf-8")
    written = _BLOCK.sub(lambda _: f"\n{found}\n", text, count=1)
    Path(PAGE).write_text(written, "utf-8")
    print(found, end="")


if __name__ == "__main__":
    main()
