"""`stalewatch deals` and `stalewatch leads`: what is stalled, what soon will be, one record in full, and writing."""

from __future__ import annotations

from typing import Any

import click

from stalewatch.cli.asking import Asked, print_list, print_record
from stalewatch.cli.deals_partner import partner_link
from stalewatch.cli.deals_write import write_deal
from stalewatch.cli.invocation import Invocation, command, group
from stalewatch.cli.list_options import filters, kinds, span
from stalewatch.domain.durations import Duration


@group("deals")
def deals() -> None:
    """Deals that are stalled, deals that soon will be, and all that is known of one deal.

    \b
    Examples:
      stalewatch deals stalled --owner sato@acme.com
      stalewatch deals due-soon --within 5bd --severity critical
      stalewatch deals stalled --format csv > stalled.csv
      stalewatch deals show sf:006A00000123
      stalewatch deals write sf:006A00000123 --next-step "Send the offer"
      stalewatch deals partner-link sf:006A00000123
    """


deals.add_command(write_deal)
deals.add_command(partner_link)


@command("stalled", parent=deals)
@filters
@kinds
def stalled_deals(invocation: Invocation, **asked: Any) -> None:
    """List the deals with a deadline that has passed, the worst first."""
    print_list(invocation, Asked(**asked))


@command("due-soon", parent=deals)
@span
@filters
@kinds
def deals_due_soon(invocation: Invocation, within: Duration, **asked: Any) -> None:
    """List the deals with a deadline that is near, the first due first."""
    print_list(invocation, Asked(within=within, **asked))


@command("show", parent=deals)
@click.argument("record", metavar="ID")
def show_deal(invocation: Invocation, record: str) -> None:
    """Show one deal in full: its deadlines and why, what was said of it and to whom, what happened."""
    print_record(invocation, record, lead=False)


@group("leads")
def leads() -> None:
    """Leads that nobody answered, leads that soon will be late, and all that is known of one lead.

    \b
    Examples:
      stalewatch leads stalled --team inside_sales
      stalewatch leads show hs:88123
    """


@command("stalled", parent=leads)
@filters
def stalled_leads(invocation: Invocation, **asked: Any) -> None:
    """List the leads with a deadline that has passed, the worst first."""
    print_list(invocation, Asked(obj="lead", **asked))


@command("due-soon", parent=leads)
@span
@filters
def leads_due_soon(invocation: Invocation, within: Duration, **asked: Any) -> None:
    """List the leads with a deadline that is near, the first due first."""
    print_list(invocation, Asked(obj="lead", within=within, **asked))


@command("show", parent=leads)
@click.argument("record", metavar="ID")
def show_lead(invocation: Invocation, record: str) -> None:
    """Show one lead in full: its deadlines and why, what was said of it and to whom, what happened."""
    print_record(invocation, record, lead=True)
