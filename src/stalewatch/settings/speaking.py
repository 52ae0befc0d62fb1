"""`quiet:`, `budget:`, `people:`, `teams:` and the addresses of `notify:`: when to speak, and who is who."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from stalewatch.domain.hours import Quiet
from stalewatch.domain.language.calendars import read_zone
from stalewatch.domain.language.diagnostics import LANGUAGES, cure
from stalewatch.domain.language.times_of_day import read_hours
from stalewatch.domain.policies import Override, Speaking
from stalewatch.settings.routes import read_routes
from stalewatch.settings.section import Section

POLITE: Final = Quiet(9 * 60, 18 * 60 + 30)
"""The hours of a project that says nothing of them; `quiet: off` speaks around the clock."""
_VIA: Final = ("email", "slack")
_BUDGET: Final = ("immediate_per_day", "digests_per_day", "escalations_per_manager_per_day")


def read_speaking(root: Section, public_url: str | None) -> Speaking:
    """What the project decided about speaking."""
    letters = "email" in (root.inner("notify") or ())
    people = _people(root.inner("people"), letters=letters)
    channel, email = _operator(root.inner("notify"), letters=letters)
    return Speaking(
        routes=read_routes(root, people, letters=letters),
        quiet=None if root.is_off("quiet") else _quiet(root.inner("quiet")),
        **_budget(root.inner("budget")),
        language=read_language(root) or LANGUAGES[0],
        people=people,
        channels=_channels(root.inner("teams")),
        operator_channel=channel,
        operator_email=email,
        by_email=letters,
        public_url=public_url,
        admins=read_admins(root),
    )


def read_admins(root: Section) -> frozenset[str]:
    """`auth.admins`: addresses in lower case."""
    auth = root.inner("auth")
    return frozenset(address.strip().lower() for address in auth.names("admins")) if auth else frozenset()


def read_language(root: Section) -> str | None:
    """The project's own language; None where readers have the last word (`owner`)."""
    defaults = root.inner("defaults")
    said = defaults.word("language", ("owner", *LANGUAGES)) if defaults else None
    return None if said == "owner" else said


def _quiet(section: Section | None) -> Quiet:
    if section is None:
        return POLITE
    section.only("send_between", "days", "respect_slack_dnd")
    node = section.get("send_between")
    hours = (POLITE.opens, POLITE.closes) if node is None else read_hours(node, section.findings)
    days = section.word("days", ("calendar", "all"))
    opens, closes = hours or (POLITE.opens, POLITE.closes)
    rests = section.flag("respect_slack_dnd")
    return Quiet(opens, closes, on_business_days=days != "all", respects_dnd=bool(rests))


def _budget(section: Section | None) -> dict[str, Any]:
    """The ceilings that the project sets, under their names in `Speaking`."""
    if section is None:
        return {}
    section.only(*_BUDGET)
    section.whole("digests_per_day")
    most = {
        "immediate_per_day": section.whole("immediate_per_day"),
        "escalations_per_day": section.whole("escalations_per_manager_per_day"),
    }
    return {name: number for name, number in most.items() if number is not None}


def _people(section: Section | None, *, letters: bool) -> Mapping[str, Override]:
    found: dict[str, Override] = {}
    for key, person in section.sections() if section else ():
        person.only("slack", "manager", "team", "language", "tz", "via")
        manager = person.text("manager")
        name = key.text.lower() if "@" in key.text else key.text
        by_mail = person.word("via", _VIA) == _VIA[0]
        if by_mail and not letters:
            person.findings.report("no_letters", person.at("via"), cure("mail_section"), text=name)
        found[name] = Override(
            slack=person.text("slack"),
            manager=manager.lower() if manager and "@" in manager else manager,
            team=person.text("team"),
            language=person.word("language", LANGUAGES),
            zone=read_zone(person.get("tz"), person.findings),
            by_mail=by_mail,
        )
    return found


def _channels(section: Section | None) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for key, team in section.sections() if section else ():
        team.only("channel")
        if (channel := team.text("channel")) is not None:
            found[key.text] = channel
    return found


def _operator(notify: Section | None, *, letters: bool) -> tuple[str | None, str | None]:
    section = notify.inner("operator") if notify else None
    if section is None:
        return None, None
    section.only("channel", "email")
    email = section.text("email")
    if email is not None and not letters:
        section.findings.report("no_letters", section.at("email"), cure("mail_section"), text=email)
    return section.text("channel"), email
