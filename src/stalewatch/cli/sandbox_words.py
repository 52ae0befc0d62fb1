"""What the sandbox says of itself."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

import yaml

from stalewatch.delivery.catalogues import translations


class _Plain(yaml.SafeDumper):
    """Writes out what stands in two places: stalewatch.yaml knows no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def served(facts: Mapping[str, Any], language: str) -> str:
    """Where everything is, what opens it, and how to watch and to break it."""
    words = translations(language)
    salesforce, hubspot, slack = facts["salesforce"], facts["hubspot"], facts["slack"]
    said = words.gettext("A made-up company with {deals} open deals. It is {now} there.")
    lines = [said.format(deals=facts["deals"], now=facts["now"]), ""]
    lines += [
        f"  Salesforce  {salesforce['url']}",
        f"              client_id {salesforce['client_id']}, client_secret {salesforce['client_secret']}",
        f"  HubSpot     {hubspot['url']}",
        f"              token {hubspot['token']}",
        f"  Slack       {slack['url']}",
        f"              bot_token {slack['bot_token']}",
        f"              app_token {slack['app_token']}",
        f"              signing_secret {slack['signing_secret']}",
        "",
    ]
    if facts["project"] is not None:
        lines.append(words.gettext("A project that watches it is written. Elsewhere, try:"))
        lines += [f"  stalewatch run --once --config {shlex.quote(facts['project'])} --now {facts['now']}", ""]
    else:
        lines += [words.gettext("For a stalewatch.yaml:"), "", *_block(facts["stalewatch.yaml"]), ""]
        lines += [words.gettext("and for its environment:"), ""]
        lines += [f"  export {name}={shlex.quote(value)}" for name, value in facts["environment"].items()]
        lines.append("")
    control = f"{salesforce['url']}/__sandbox__"
    lines += [
        words.gettext("Turn its clock, break something, mend it, see what was asked (each server has these):"),
        f"  curl -d '{{\"advance\": 86400}}' {control}/clock",
        f'  curl -d \'{{"arm": "SF24"}}\' {control}/faults',
        f"  curl -d '{{\"disarm\": null}}' {control}/faults",
        f"  curl {control}/ledger",
        "",
        words.gettext("Ctrl-C ends all of it."),
    ]
    return "\n".join(lines)


def _block(value: Mapping[str, Any]) -> list[str]:
    text = yaml.dump(dict(value), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=116)
    return [f"  {line}" for line in text.splitlines()]
