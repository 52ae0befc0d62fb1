"""Messages in Slack: each is posted once, can be found again by its delivery's id, and edited later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any, ClassVar, Final

from stalewatch.delivery.slack import options
from stalewatch.delivery.slack.blocks import blocks_of
from stalewatch.delivery.slack.client import Identity
from stalewatch.delivery.slack.dnd import DoNotDisturb
from stalewatch.delivery.slack.errors import MessageGone, NotInChannel, ScopeMissing, ThreadGone
from stalewatch.delivery.slack.history import TooMuch, all_copies, mark, written
from stalewatch.delivery.slack.places import Places
from stalewatch.delivery.slack.scopes import EVERY, OPTIONAL, TO_SPEAK, WITHOUT
from stalewatch.delivery.slack.words import summary, whole
from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import NotAccepted, NotifierError, OutcomeUnknown, TargetGone
from stalewatch.sdk.notifier import Copy, Message, Notifier, NotifierSettings, Outcome, Place, Receipt, Settled

_CURE: Final = "add them to the app, install it again (docs/slack.md)"


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long one `send` may spend on finding its place before the message itself leaves."""

    seconds: ClassVar[float] = 12.0
    began: float = field(default_factory=monotonic)

    def check(self) -> None:
        """Raise NotAccepted if it is spent; nothing was posted then."""
        if monotonic() - self.began > self.seconds:
            raise NotAccepted("Slack answers too slowly", where="slack", cure="it is tried again by itself")


class SlackNotifier(Notifier):
    """Direct messages and channels of one workspace. Every call is made once.

    Raises:
        ConfigurationError: if the options of `notify.slack` cannot be used.
    """

    type: ClassVar[str] = "slack"
    timeout_seconds: ClassVar[float] = 20.0
    settle_after_seconds: ClassVar[float] = 15.0
    seconds_apart: ClassVar[float] = 1.0
    can_edit: ClassVar[bool] = True
    can_sweep: ClassVar[bool] = True
    can_watch: ClassVar[bool] = True

    def __init__(self, settings: NotifierSettings) -> None:
        self.client = options.client(settings)
        self._now = settings.now
        self._with_buttons = options.hears_answers(settings)
        self._places = Places(self.client, settings.now)
        self._rest = DoNotDisturb(self.client, self._places, settings.now)
        self._identity: Identity | None = None

    def send(self, message: Message) -> Receipt:
        """Post it, as an answer in the thread of `message.thread` if that stands in the same conversation.

        Raises:
            NotAccepted: and its kinds; it certainly did not arrive.
            OutcomeUnknown: it may have arrived.
        """
        patience = _Patience()
        with _nothing_posted():
            place = self._places.find(message.address)
        try:
            answer = self._posted(place, message, patience)
        except TargetGone:
            with _nothing_posted():
                moved = self._looked_up_anew(message.address)
            if moved == place:
                raise
            answer = self._posted(moved, message, patience)
        channel, ts = str(answer.get("channel") or place), str(answer.get("ts") or "")
        self._places.remember(message.address, channel)
        return Receipt(at=self._now(), handle={"channel": channel, "ts": ts})

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Look for what we wrote: in its thread, and in the conversation itself, where an answer stands whose thread
        was gone.


        Raises:
            NotifierError: Slack could not be asked now; that says nothing of the message.
        """
        try:
            channel = self._places.identify(self._places.find(address))
            bot = self._me().bot
            ts = self._found(channel, delivery, since, bot, _parent(thread, channel)) if bot else None
        except (ScopeMissing, TargetGone, TooMuch):
            return Settled(outcome=Outcome.CANNOT_LOOK)
        if ts is None:
            return Settled(outcome=Outcome.ABSENT if bot else Outcome.CANNOT_LOOK)
        receipt = Receipt(at=datetime.fromtimestamp(float(ts), UTC), handle={"channel": channel, "ts": ts})
        return Settled(outcome=Outcome.ARRIVED, receipt=receipt)

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        """Replace the words and blocks of an earlier message; doing it twice is the same as once.

        Raises:
            NotifierError: as for `send`; TargetGone: it is not there any more, or too old.
        """
        channel, ts = receipt.handle.get("channel"), receipt.handle.get("ts")
        if not channel or not ts:
            raise TargetGone("nobody knows where this message stands", where=f"slack {message.delivery}")
        self.client.call("chat.update", channel=channel, ts=ts, **self._content(message))
        return Receipt(at=self._now(), handle={"channel": channel, "ts": ts})

    def recall(self, address: str, place: Place) -> None:
        """Take up where an address led before."""
        self._places.recall(address, place)

    def place(self, address: str) -> Place | None:
        """The conversation of an address and, of a person's, their user id."""
        return self._places.known(address)

    def quiet_until(self, address: str) -> datetime | None:
        """The end of the person's do not disturb, where dnd:read was granted."""
        return self._rest.until(address)

    def copies(self, receipts: Sequence[Receipt], since: datetime, threads: Sequence[Receipt] = ()) -> Sequence[Copy]:
        """What our bot said in these conversations, and in these threads.

        Raises:
            NotifierError: as for `settle`; NotAccepted: there is more than we look at.
        """
        bot, found = self._me().bot, list[Copy]()
        for channel in sorted({str(one.handle.get("channel") or "") for one in receipts} - {""}) if bot else ():
            parents = {str(one.handle["ts"]) for one in threads if _parent(one.handle, channel)}
            with suppress(ScopeMissing, TargetGone):  # where we may not look, nothing is taken back
                found += all_copies(self.client, channel, since, bot, parents)
        return found

    def remove(self, receipt: Receipt) -> None:
        """Take one of our messages back.

        Raises:
            NotifierError: it may stand there still.
        """
        with suppress(MessageGone):
            self.client.call("chat.delete", channel=receipt.handle.get("channel"), ts=receipt.handle.get("ts"))

    def check(self) -> None:
        """Ask whether the token still speaks, and whether it was granted what speaking takes.

        Raises:
            WorkspaceDown: it does not.
            NotifierError: Slack could not be asked.
        """
        granted = self._ask().scopes
        missing = TO_SPEAK - granted if granted is not None else frozenset()
        if missing:
            raise ScopeMissing(f"scopes are missing: {', '.join(sorted(missing))}", where="slack", cure=_CURE)

    def examine(self) -> tuple[Finding, ...]:
        """Whether the token works, for which workspace, and which scopes it lacks."""
        try:
            me = self._ask()
        except NotifierError as error:
            return (Finding(subject="token", level=Level.ERROR, message=error.what, cure=error.cure),)
        found = Finding(subject="token", level=Level.OK, message=f"speaks in the workspace {me.team}")
        return (found, *_scopes(me))

    def _found(self, channel: str, delivery: str, since: datetime, bot: str, parent: str | None) -> str | None:
        """The `ts` of what we wrote, None if it is nowhere."""
        if parent is not None:
            with suppress(ThreadGone):
                if (ts := written(self.client, channel, delivery, since, bot, parent)) is not None:
                    return ts
        return written(self.client, channel, delivery, since, bot)

    def _looked_up_anew(self, address: str) -> str:
        """Where an address leads by now: what was known of it may be a day old, and another process's."""
        self._places.forget(address)
        return self._places.find(address)

    def _posted(self, place: str, message: Message, patience: _Patience) -> Mapping[str, Any]:
        """Post; what Slack refused for a reason that we can mend is mended once."""
        content, thread = self._content(message), _parent(message.thread, place)
        patience.check()
        try:
            return self.client.call("chat.postMessage", channel=place, thread_ts=thread, **content, **_QUIET)
        except NotInChannel:
            with _nothing_posted():
                channel = self._places.join(place)
        except ThreadGone:
            if thread is None:
                raise
            channel, thread = place, None
        patience.check()
        return self.client.call("chat.postMessage", channel=channel, thread_ts=thread, **content, **_QUIET)

    def _content(self, message: Message) -> dict[str, Any]:
        """Text, blocks and mark; `parse: none` leaves addresses and names in the text as they are."""
        made = [] if message.plain else blocks_of(message, with_buttons=self._with_buttons)
        text = summary(message) if made else whole(message)
        return {"text": text, "blocks": made, "metadata": mark(message.delivery), "parse": "none", "link_names": False}

    def _me(self) -> Identity:
        return self._identity or self._ask()

    def _ask(self) -> Identity:
        self._identity = self.client.identity()
        return self._identity


@contextmanager
def _nothing_posted() -> Iterator[None]:
    """Around what only prepares a message: whatever becomes of such a call, no message can have arrived."""
    try:
        yield
    except OutcomeUnknown as error:
        raise NotAccepted(error.what, where=error.where, cure=error.cure) from error


_QUIET: Final[Mapping[str, Any]] = {"unfurl_links": False, "unfurl_media": False}
"""No preview of what stands behind a link."""


def _parent(thread: Mapping[str, Any] | None, place: str) -> str | None:
    """The `ts` of the message to answer, if it stands in this conversation as far as anybody knows."""
    if not thread or not thread.get("ts"):
        return None
    is_elsewhere = not place.startswith("#") and thread.get("channel") not in (None, place)
    return None if is_elsewhere else str(thread["ts"])


def _scopes(me: Identity) -> tuple[Finding, ...]:
    if me.scopes is None:
        return ()
    missing = sorted(EVERY - me.scopes)
    optional = {scope for needed in OPTIONAL.values() for scope in needed} - me.scopes
    less = f"; without {', '.join(sorted(optional))} nobody's do not disturb is seen" if optional else ""
    if not missing:
        return (Finding(subject="scopes", level=Level.OK, message=f"all are granted{less}"),)
    level = Level.ERROR if TO_SPEAK - me.scopes else Level.WARNING
    told = ", ".join(f"{scope} ({WITHOUT[scope]})" for scope in missing)
    cure = f"under OAuth & Permissions, Bot Token Scopes, add {', '.join(missing)}; then Reinstall to Workspace"
    return (Finding(subject="scopes", level=level, message=f"missing: {told}", cure=f"{cure} (docs/slack.md)"),)
