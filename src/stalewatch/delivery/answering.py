"""What we say to somebody who answers a message: what came of it, why it could not be done, what happened so far."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.delivery.sentences import settled_by
from stalewatch.delivery.wording.reader import Reader
from stalewatch.delivery.wording.times import duration, moment
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.delivery.wording.write_words import not_written
from stalewatch.domain.alerts import Cause
from stalewatch.domain.durations import Duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """How and when (microseconds) it ended; `outcome` is "won" or "lost" for a deal that is closed."""

    at: int | None
    cause: Cause | None = None
    outcome: str | None = None


def snoozed(until: int, reader: Reader, zone: str, *, in_the_morning: bool) -> str:
    """It is done, until when, and what follows."""
    words = reader.words
    if in_the_morning:
        date = moment(until, reader, zone, timed=False)
        return words.gettext("Snoozed until {date}. We ask again that morning.").format(date=date)
    return words.gettext("Snoozed until {date}. We ask again then.").format(date=moment(until, reader, zone))


def snoozed_by_event(event: str, latest: int, reader: Reader, zone: str) -> str:
    """It is done, until which event (`customer_reply`, `meeting_over`), and at the latest until when."""
    words, date = reader.words, moment(latest, reader, zone, timed=False)
    if event == "meeting_over":
        return words.gettext("Snoozed until the meeting is over, at the latest until {date}.").format(date=date)
    return words.gettext("Snoozed until the customer replies, at the latest until {date}.").format(date=date)


def over(settled: Settled, reader: Reader, zone: str) -> str:
    """Somebody answers something that has ended."""
    words, how = reader.words, how_settled(settled, reader)
    if settled.at is None:
        return words.gettext("This is settled: {how}.").format(how=how)
    date = moment(settled.at, reader, zone, timed=False)
    return words.gettext("This was settled on {date}: {how}.").format(date=date, how=how)


def too_long(longest: Duration, latest: int, reader: Reader, zone: str) -> str:
    """The date asked for lies too far ahead."""
    words = reader.words.gettext("At most {longest} from now: until {date}.")
    return words.format(longest=duration(longest, reader), date=moment(latest, reader, zone, timed=False))


def at_the_latest(latest: int, reader: Reader, zone: str) -> str:
    """The date asked for lies beyond the last one that is allowed."""
    date = moment(latest, reader, zone, timed=False)
    return reader.words.gettext("{date} at the latest.").format(date=date)


def too_often(times: int, reader: Reader) -> str:
    """No further snooze is allowed."""
    words = reader.words.ngettext(
        "Snoozed {count} time already, as often as is allowed. "
        "If the customer named a date, put the deal on hold until then.",
        "Snoozed {count} times already, as often as is allowed. "
        "If the customer named a date, put the deal on hold until then.",
        times,
    )
    return words.format(count=reader.number(times))


def not_ahead(reader: Reader) -> str:
    """The date asked for is today or earlier."""
    return reader.words.gettext("Please choose a day after today.")


def reason_missing(reader: Reader) -> str:
    """The field for the reason was left empty."""
    return reader.words.gettext("Please say in a few words what you wait for.")


def ask_the_owner(owner: str, reader: Reader) -> str:
    """To somebody who may not answer this; nothing of the deal is told. `owner` is "" if nobody owns it."""
    words, name = reader.words, clean(owner)
    if not name:
        return words.gettext("Only those who are responsible for this deal can answer here.")
    return words.gettext("Only {owner}, their managers and RevOps can answer here. Please ask {owner}.").format(
        owner=name
    )


def press_again(reader: Reader) -> str:
    """The form could not be opened while Slack allowed it."""
    return reader.words.gettext("The form could not be opened in time. Please press the button once more.")


def send_again(reader: Reader) -> str:
    """The form could not be taken just now."""
    return reader.words.gettext("This could not be saved just now. Please try once more.")


def not_known(reader: Reader) -> str:
    """What the button is about is not in the database any more."""
    return reader.words.gettext("This is no longer known here; the deal may have been removed from the CRM.")


def loss_tag(tag: str, reader: Reader) -> str:
    """Why a deal was lost, as it is chosen and shown."""
    words = reader.words
    return {
        "budget": words.pgettext("reason of a loss", "No budget"),
        "priority": words.pgettext("reason of a loss", "Other priorities"),
        "timing": words.pgettext("reason of a loss", "Not the right time"),
        "competitor": words.pgettext("reason of a loss", "Another supplier"),
        "no_decision": words.pgettext("reason of a loss", "No decision was made"),
        "silent": words.pgettext("reason of a loss", "No answer any more"),
    }.get(tag, words.pgettext("reason of a loss", "Something else"))


def written(why: str | None, crm: str, reader: Reader, *, noted: bool = False) -> str:
    """What becomes of an answer in the CRM: it is written, or for which reason (`write_words.NOT_WRITTEN`) not.

    `noted`: a note beside the record is written in any case.
    """
    words = reader.words
    if why is not None and noted:
        return words.gettext("A note is now being written to {crm}; the deal itself is not changed.").format(crm=crm)
    if why is None:
        return words.gettext("It is now being written to {crm}.").format(crm=crm)
    if why == "off":
        return words.gettext("Kept here. {crm} is not changed, because write-back is off.").format(crm=crm)
    if why == "notes_only":
        return words.gettext("Kept here. {crm} takes only notes and meetings from us.").format(crm=crm)
    return words.gettext("Kept here. {crm} is not changed: {why}.").format(crm=crm, why=not_written(why, reader))


def how_settled(settled: Settled, reader: Reader) -> str:
    """How it ended, in a word or two."""
    words = reader.words
    closed = {"won": words.gettext("the deal was won"), "lost": words.gettext("the deal was lost")}
    return closed.get(settled.outcome or "") or settled_by(settled.cause, reader)
