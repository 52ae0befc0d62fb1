"""What a notifier is: it delivers one composed message to one target and can be asked what became of it.

Register a factory under the entry point group `stalewatch.notifiers`, named after the key users write under
`notify:`:

    [project.entry-points."stalewatch.notifiers"]
    pager = "my_package:connect"        # connect(NotifierSettings) -> Notifier
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar

from stalewatch.sdk.connector import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierSettings:
    """What one entry under `notify:` says, secrets resolved.

    Attributes:
        options: every key that is the notifier's own (tokens, addresses, files, ...); in no repr, for tokens are.
        base: folder of stalewatch.yaml; relative paths start there.
        now: the clock; a notifier never asks the machine for the time.
    """

    options: Mapping[str, Any] = field(repr=False)
    base: Path
    now: Callable[[], datetime]


class Style(StrEnum):
    """How a message is meant: one collected message a day, one at once, or one for the operator."""

    DIGEST = "digest"
    IMMEDIATE = "immediate"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that a reader can do with an entry; a notifier without buttons leaves it out.

    Attributes:
        kind: what it does (`snooze`, `why`): an interaction comes back with it.
        label: the words on it, in the reader's language.
        alert: id of the alert that it is about.
        in_menu: it is seldom needed, and stands behind a "⋯" where the notifier has such a thing.
    """

    kind: str
    label: str
    alert: str
    in_menu: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One deal or lead in a message: what it is, why it is here, what to do.

    Attributes:
        headline: the deal's name and its figures, in the reader's language, plain text.
        body: the rule's own message, plain text; `*bold*` marks the name. CRM text in it is not trusted.
        chips: short reasons ("Customer silent 4 bd over").
        alerts: ids of the alerts it speaks of, the first one leading.
        resolved: True for an entry that only says that something was answered.
        section: the heading it stands under, in the reader's language; a section's entries are neighbours.
        struck: the words that stood here before and hold no more, shown struck through (an edited message).
        note: how it stands by now ("Snoozed until 24 Nov, Tanaka"), below everything else.
    """

    record: str
    headline: str
    body: str
    chips: Sequence[str] = ()
    alerts: Sequence[str] = ()
    url: str | None = None
    severity: str = "warning"
    resolved: bool = False
    section: str = ""
    struck: str = ""
    note: str = ""
    actions: Sequence[Action] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What is to be said to one target, in the reader's language.

    Attributes:
        delivery: our id of this delivery; notifiers put it where `settle` can find it again.
        target: whom: `person:<address or name>`, `channel:#name`, `mail:<address>` or `operator`.
        address: how the notifier finds them, resolved from the target (an e-mail address or a name).
        title: the first line.
        footer: quiet closing lines (what else is open, why this was sent).
        thread: `Receipt.handle` of the message that this one answers to; None: it stands by itself. A notifier
            without threads, or one whose handle this is not, sends the message by itself.
        url: where the whole list or the deal can be seen, with `link` as the words to show for it.
        plain: the same words without any layout, because the service refused it as it was.
    """

    delivery: str
    target: str
    address: str
    style: Style
    language: str
    title: str
    entries: Sequence[Entry] = ()
    footer: Sequence[str] = ()
    thread: Mapping[str, Any] | None = None
    url: str | None = None
    link: str = ""
    plain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Proof that a message was accepted: whatever the notifier needs to edit it or find it again."""

    at: datetime
    handle: Mapping[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    """What a look at the other side says of a delivery whose fate we do not know."""

    ARRIVED = "arrived"
    ABSENT = "absent"
    CANNOT_LOOK = "cannot_look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The answer of `Notifier.settle`; `receipt` is set when the message arrived."""

    outcome: Outcome
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an address leads, as a notifier found out: kept with the destination, so that no process asks again.

    Attributes:
        handle: what the notifier needs to get there (a conversation's id, ...); None: nobody has this address.
        until: from then on it is looked up anew.
    """

    handle: Mapping[str, Any] | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One of our own messages as it stands on the other side.

    Attributes:
        delivery: the id of the delivery that it was.
        receipt: where it stands; `at` is when it was accepted.
        is_answered: somebody replied to it.
    """

    delivery: str
    receipt: Receipt
    is_answered: bool = False


class Notifier(ABC):
    """Delivers messages. `send` must never retry by itself after the request was written."""

    type: ClassVar[str]
    timeout_seconds: ClassVar[float] = 8.0
    """Longest time one `send` may take; nothing is sent on a lease with less time left."""
    settle_after_seconds: ClassVar[float] = 15.0
    """How long after a send whose outcome is not known a look is certain to show it."""
    seconds_apart: ClassVar[float] = 0.0
    """Shortest time between two messages to one target."""
    can_edit: ClassVar[bool] = False
    """Whether `edit` changes what readers see."""
    can_sweep: ClassVar[bool] = False
    """Whether `copies` finds what we said and `remove` takes it back."""

    can_watch: ClassVar[bool] = False
    """Whether `check` is cheap enough to be asked every twenty seconds, so that a lost permission is known at once."""

    @abstractmethod
    def send(self, message: Message) -> Receipt:
        """Deliver, once.

        Raises:
            NotAccepted: and its kinds; the message certainly did not arrive.
            OutcomeUnknown: it may have arrived.
        """

    @abstractmethod
    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Look whether the delivery that was sent at or after `since` arrived; `thread` is that of its message."""

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        """Replace an earlier message by a new text. Notifiers that cannot edit leave it as it is.

        Doing it twice is the same as once, so an unknown outcome is simply tried again.

        Raises:
            NotifierError: as for `send`; TargetGone: the message is not there any more.
        """
        return receipt

    def recall(self, address: str, place: Place) -> None:  # noqa: B027  # who looks nothing up has nothing to recall
        """Take up what was found out about an address before, perhaps by another process."""

    def place(self, address: str) -> Place | None:
        """What is known of where an address leads and is worth keeping; None: nothing is. Asks nobody."""
        return None

    def quiet_until(self, address: str) -> datetime | None:
        """Until when the person at an address does not want to be disturbed; None: they may be, or nobody can tell.

        Asked right before something is said. A look that fails says None: it holds no message back.
        """
        return None

    def copies(self, receipts: Sequence[Receipt], since: datetime, threads: Sequence[Receipt] = ()) -> Sequence[Copy]:
        """Our own messages in the conversations of these receipts that were accepted since, the oldest first.

        Args:
            threads: messages whose threads are looked into as well.

        Conversations that we may not look into are left out.

        Raises:
            NotifierError: they could not be read now, all of them or some.
        """
        return ()

    def remove(self, receipt: Receipt) -> None:
        """Take back one of our own messages; nothing happens to one that is gone already.

        Raises:
            TargetGone: nobody may take it back.
            NotifierError: it may stand there still.
        """
        raise NotImplementedError(f"{self.type} takes nothing back")

    def check(self) -> None:  # noqa: B027  # a service that cannot be asked is well until a message says otherwise
        """Ask the service whether we may still speak; called before a paused service is used again.

        Raises:
            WorkspaceDown: we may not.
            NotifierError: it could not be asked.
        """

    def examine(self) -> Sequence[Finding]:
        """What `stalewatch doctor` says of the service: whether the token works, where, what it may not do."""
        return ()
