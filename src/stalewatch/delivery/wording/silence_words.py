"""Why something was said when it was, why it waits, and why nothing is said at all: a word for every named reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.instants import to_us


def outcome(notice: Mapping[str, Any], reader: Reader) -> str:
    """What became of a message, and why: told and how, waiting and until when, held, or never said."""
    words, reason = reader.words, str(notice.get("reason") or "")
    why = because(reason, reader)
    match notice["state"]:
        case "told":
            return _told(reason, reader)
        case "claimed":
            return words.gettext("on its way")
        case "pending":
            until = _until(notice.get("not_before"), reader)
            said = words.gettext("waits until {until}: {why}") if until else words.gettext("waits: {why}")
            return said.format(why=why or words.gettext("for its time"), until=until)
        case "held":
            return words.gettext("held back: {why}").format(why=why)
        case _:
            return words.gettext("not said: {why}").format(why=why)


def because(reason: str, reader: Reader) -> str:
    """The reason for which something waits, is held, or is never said; "" for none."""
    return {**_waiting(reader), **_never(reader), **_nowhere(reader)}.get(reason, reason.replace("_", " "))


def silence(alert: Mapping[str, Any], titles: Mapping[str, str], reader: Reader) -> str | None:
    """Why nothing is said of a problem now; None if nothing keeps it silent. `titles` are those of rules."""
    words = reader.words
    if alert.get("shadow"):
        return words.gettext("nobody is told: the rule is tried out in shadow")
    if alert.get("holdout"):
        return words.gettext("nobody is told: it is one of the few that stay silent, so that the effect is measured")
    if alert.get("muted_by"):
        speaker = titles.get(alert["muted_by"], alert["muted_by"])
        return words.gettext("nobody is told: “{title}” speaks for it").format(title=speaker)
    if alert.get("backlog"):
        return words.gettext("no reminders: it was late before we began to watch")
    return _resting(alert, reader)


def _resting(alert: Mapping[str, Any], reader: Reader) -> str | None:
    """What somebody asked for, or did, that lets it rest for a while."""
    words = reader.words
    if alert["state"] == "snoozed" and alert.get("snoozed_until"):
        until = _until(alert["snoozed_until"], reader)
        by, why = clean(alert.get("snoozed_by", "")), clean(alert.get("snooze_reason", ""))
        return words.gettext("snoozed until {until} by {by}: {why}").format(until=until, by=by, why=why)
    if alert["state"] == "waiting":
        until = _until(alert.get("ask_at"), reader)
        said = words.gettext("on hold; we ask again on {until}") if until else words.gettext("on hold")
        return said.format(until=until)
    if alert["state"] == "resolving":
        return words.gettext("the trouble is gone; it counts as settled once it stays away")
    until = _until(alert.get("hushed_until"), reader)
    said = {
        "claimed": words.gettext("somebody is at it; we ask again on {until}"),
        "acknowledged": words.gettext("somebody has seen it; we ask again on {until}"),
        "crm_changed": words.gettext("somebody works on the record; we ask again on {until}"),
    }.get(str(alert.get("hushed_by") or ""), "")
    return said.format(until=until) if said and until else None


def _told(reason: str, reader: Reader) -> str:
    """That it was said, and why in that way and at that time."""
    words = reader.words
    return {
        "now": words.gettext("told at once"),
        "digest": words.gettext("told with the daily message"),
        "folded": words.gettext("told within a message about the same deal"),
        "quiet_hours": words.gettext("told when the hours began"),
        "do_not_disturb": words.gettext("told when they could be disturbed again"),
        "budget_spent": words.gettext("told with the daily message: the messages at once were used up"),
        "rollout": words.gettext("told on a later day: the rule was new and spoke of a few a day"),
    }.get(reason, words.gettext("told"))


def _waiting(reader: Reader) -> dict[str, str]:
    """What only says when, or waits for something that ends."""
    words = reader.words
    return {
        "": "",
        "now": "",
        "digest": words.gettext("for the daily message"),
        "folded": words.gettext("for a message about the same deal"),
        "quiet_hours": words.gettext("outside working hours"),
        "do_not_disturb": words.gettext("they are not to be disturbed now"),
        "budget_spent": words.gettext("enough immediate messages for one day"),
        "rollout": words.gettext("the rule is new and speaks of a few a day"),
        "storm": words.gettext("too many at once, a person should look first"),
        "storm_check": words.gettext("too many at once, a person should look first"),
        "snoozed": words.gettext("somebody snoozed it"),
        "waiting": words.gettext("the deal waits for its customer"),
        "claimed": words.gettext("somebody is at it"),
        "settling": words.gettext("the trouble is gone, for a short while as yet"),
        "muted": words.gettext("another rule speaks for it"),
        "cannot_judge": words.gettext("it cannot be judged now"),
    }


def _never(reader: Reader) -> dict[str, str]:
    """What ends it: something happened first, or somebody said so."""
    words = reader.words
    return {
        "resolved": words.gettext("it settled first"),
        "owner_changed": words.gettext("the deal has another owner by now"),
        "shadow": words.gettext("the rule is tried out in shadow"),
        "backlog": words.gettext("it was late before we began to watch"),
        "excepted": words.gettext("an exception holds for it"),
        "holdout": words.gettext("it stays silent, so that the effect is measured"),
        "merged": words.gettext("the record was merged with another one"),
        "superseded": words.gettext("something newer was said instead"),
        "old_news": words.gettext("nobody needs to hear it any more"),
        "dropped_by_hand": words.gettext("discarded by hand"),
        "acknowledged": words.gettext("somebody has seen it"),
        "crm_changed": words.gettext("somebody works on the record"),
        "meeting_booked": words.gettext("the next meeting was booked"),
        "on_hold": words.gettext("somebody put the deal on hold"),
        "loss_check_sent": words.gettext("a loss check was prepared"),
        "lost": words.gettext("somebody marked the deal as lost"),
        "false_alarm": words.gettext("somebody called it a false alarm"),
    }


def _nowhere(reader: Reader) -> dict[str, str]:
    """Nobody could be found."""
    words = reader.words
    return {"nobody_left": words.gettext("no address, manager or channel is known")}


def _until(at: Any, reader: Reader) -> str:
    return moment(to_us(datetime.fromisoformat(at)), reader) if at else ""
