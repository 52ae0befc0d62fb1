"""What the provider shows people: a list of who they may be, and one sentence where nothing can be chosen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Final

from stalewatch_sandbox.oidc.accounts import Account

_STYLE: Final = (
    ":root{color-scheme:light dark}"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:12vh auto;padding:0 1rem}"
    "h1{font-size:1.25rem}small{opacity:.75}"
    "button{display:block;width:100%;text-align:left;font:inherit;padding:.6rem .8rem;margin:.4rem 0;cursor:pointer;"
    "border:1px solid;border-radius:.5rem;background:none;color:inherit}"
)


def choosing(accounts: Iterable[Account], asked: Mapping[str, str]) -> str:
    """Who are you?"""
    kept = "".join(f'<input type="hidden" name="{escape(name)}" value="{escape(asked[name])}">' for name in asked)
    people = "".join(
        f'<button name="account" value="{escape(one.email)}">{escape(one.name)}<br><small>{escape(one.email)}</small>'
        "</button>"
        for one in accounts
    )
    return _page(f'<h1>Who are you?</h1><form method="post" action="/authorize">{kept}{people}</form>')


def told(sentence: str) -> str:
    """One sentence."""
    return _page(f"<h1>{escape(sentence)}</h1>")


def _page(inside: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Simulated provider</title><style>{_STYLE}</style><main>{inside}</main></html>"
    )
