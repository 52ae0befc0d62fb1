"""The error tree: the type says what to do next, the docstring is what we tell people.

StalewatchError
├── ConfigurationError        the operator must change a file; nothing was started
├── PluginError               two plugins share a name, or one cannot be loaded
├── ConnectorError            a CRM, or the file that stands for it, could not be read or written
│   ├── TryLater              a passing fault; the cursor stays, we come back by ourselves
│   ├── NeedsReconnect        credentials or access are gone; a person must act
│   ├── Refused               the other side understood and said no; repeating it will not help
│   │   └── Conflict          the record changed since it was seen; nothing was overwritten
│   ├── WriteUnknown          the answer to a write was lost: look before writing again
│   └── BadCursor             the stored cursor means nothing any more; start again from the beginning
└── NotifierError             a message could not be delivered
    ├── NotAccepted           refused before it was accepted: sending again cannot double it
    │   ├── SlowDown          told to wait; not an attempt
    │   ├── TargetGone        this person or channel cannot be reached; take the next route
    │   ├── BadContent        the text itself was refused
    │   └── WorkspaceDown     the token or workspace is dead; pause everything, raise one alarm
    └── OutcomeUnknown        it may have arrived: look before sending again
        └── NotUnderstood     the answer is new to us: look, send again, and after the last attempt give up
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from stalewatch.sdk.records import Value


class StalewatchError(Exception):
    """Something went wrong that we can name.

    Args:
        what: one sentence that says what is wrong, in words the reader knows.
        where: the file, connection or record it concerns, if one can be named.
        cure: what to do about it.
    """

    def __init__(self, what: str, *, where: str | None = None, cure: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.cure = cure

    def __str__(self) -> str:
        first = f"{self.where}: {self.what}" if self.where else self.what
        return f"{first}\n  {self.cure}" if self.cure else first


class ConfigurationError(StalewatchError):
    """The configuration cannot be used; nothing was started."""


class PluginError(StalewatchError):
    """A plugin cannot be used: its name is taken, or it could not be loaded."""


class ConnectorError(StalewatchError):
    """A connection to a CRM failed. The cursor stays where it was and nothing is judged on missing data."""


class TryLater(ConnectorError):
    """A passing fault. We come back by ourselves; `after` says how long to wait at least."""

    def __init__(
        self, what: str, *, after: timedelta | None = None, where: str | None = None, cure: str | None = None
    ) -> None:
        super().__init__(what, where=where, cure=cure)
        self.after = after


class NeedsReconnect(ConnectorError):
    """The credentials or permissions of a connection no longer work. A person has to reconnect it."""


class Refused(ConnectorError):
    """The other side understood the request and refused it. Repeating it will not help.

    Args:
        what: of a refused write, the other side's own words.
        fields: what they are about or ask for, by its own names.
        code: its own name of the reason.
    """

    def __init__(
        self, what: str, *, where: str | None = None, cure: str | None = None, fields: Sequence[str] = (),
        code: str = "",
    ) -> None:  # fmt: skip
        super().__init__(what, where=where, cure=cure)
        self.fields, self.code = tuple(fields), code


class Conflict(Refused):
    """The record was changed since it was seen. Nothing was overwritten: show what is there now, and ask again.

    Args:
        now: what stands there now, by our names of the fields.
        version: when the record was last changed, by the other side's clock.
    """

    def __init__(
        self, what: str, *, now: Mapping[str, Value], version: datetime | None, where: str | None = None,
        cure: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(what, where=where, cure=cure, fields=tuple(now))
        self.now, self.version = dict(now), version


class WriteUnknown(ConnectorError):
    """The connection broke after a write was sent. It may have arrived: look before writing it again."""


class BadCursor(ConnectorError):
    """The stored position is no longer valid there. The next pull starts from the beginning."""


class NotifierError(StalewatchError):
    """A message could not be delivered."""


class NotAccepted(NotifierError):
    """The message was refused before it was accepted, so sending it again cannot double it."""


class SlowDown(NotAccepted):
    """The service asks us to wait. This does not count as an attempt."""

    def __init__(self, what: str, *, after: timedelta, where: str | None = None, cure: str | None = None) -> None:
        super().__init__(what, where=where, cure=cure)
        self.after = after


class TargetGone(NotAccepted):
    """This person or channel can no longer be reached; the next route is taken."""


class BadContent(NotAccepted):
    """The text of the message was refused. It is tried once as plain text, then given up with an alarm."""


class WorkspaceDown(NotAccepted):
    """The token or the whole workspace is gone. Everything pauses; the operator gets one alarm."""


class OutcomeUnknown(NotifierError):
    """The connection broke after the message was written. It may have arrived: look before sending again."""


class NotUnderstood(OutcomeUnknown):
    """It answered with something new to us. It is looked up like any unknown outcome, and given up in the end."""
