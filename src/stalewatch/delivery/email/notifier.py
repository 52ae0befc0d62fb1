"""Letters over SMTP, with what became of each: certainly refused, or perhaps arrived once its text was sent."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, ClassVar, Final

from stalewatch.delivery.email.letter import HANDLE, letter
from stalewatch.delivery.email.server import Server, is_address
from stalewatch.domain.routing import MAILTO
from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import (
    BadContent,
    NotAccepted,
    NotifierError,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)
from stalewatch.sdk.notifier import Message, Notifier, Outcome, Receipt, Settled

LATER: Final = timedelta(minutes=5)
"""How long a server waits that says "not now" (4xx); greylisting wants to see us come back."""
_WHERE: Final = "e-mail"
_CURE: Final = "look at `notify.email.url` and `notify.email.from`"
_TAKEN: Final = 250
_GO_ON: Final = 354
_MAX_TEXT: Final = 200


class EmailNotifier(Notifier):
    """Sends each message as one letter. A mailbox is nobody's to look into, so what was lost stays unknown."""

    type: ClassVar[str] = "email"
    timeout_seconds: ClassVar[float] = 45.0
    settle_after_seconds: ClassVar[float] = 0.0
    reply_seconds: ClassVar[float] = 5.0
    """Longest wait for one reply."""
    entry_seconds: ClassVar[float] = 12.0
    """Longest time until the letter's text is written; servers that take longer are asked another time."""
    verdict_seconds: ClassVar[float] = 15.0
    """Longest wait for the reply to the text: servers look for spam in it first."""

    def __init__(self, server: Server, *, now: Callable[[], datetime]) -> None:
        self._server, self._now = server, now

    def send(self, message: Message) -> Receipt:
        """Send one letter. Until its text is written nothing can have arrived.

        Raises:
            NotAccepted: and its kinds.
            OutcomeUnknown: the text was written and the reply lost.
        """
        recipient = message.address.removeprefix(MAILTO)
        if not is_address(recipient):
            raise TargetGone("this is no address that e-mail can be sent to", where=_WHERE)
        now, began = self._now(), monotonic()
        text = letter(message, sender=self._server.sender, recipient=recipient, now=now).as_bytes()
        with self._line() as line:
            _expect(line.mail(self._server.sender), _sender_refused)
            _expect(line.rcpt(recipient), _recipient_refused)
            if monotonic() - began > self.entry_seconds:
                raise NotAccepted("the mail server answers too slowly", where=_WHERE)
            _write(line, text, self.verdict_seconds)
        return Receipt(at=now, handle={HANDLE: message.delivery})

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Nobody can look into a mailbox."""
        return Settled(outcome=Outcome.CANNOT_LOOK)

    def check(self) -> None:
        """Connect and log in, and send nothing.

        Raises:
            WorkspaceDown: the server does not let us in.
            NotAccepted: it could not be asked.
        """
        with self._line() as line:
            line.noop()

    def examine(self) -> Sequence[Finding]:
        """Whether the server lets us in, for `doctor`."""
        where = self._server.host
        try:
            self.check()
        except NotifierError as error:
            return (Finding(subject=where, level=Level.ERROR, message=error.what, cure=error.cure or _CURE),)
        return (Finding(subject=where, level=Level.OK, message="lets us in"),)

    @contextmanager
    def _line(self) -> Iterator[smtplib.SMTP]:
        """A connection that may send. Leaving it, whatever was learned stands: how it is closed changes nothing."""
        try:
            line = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise _not_connected(error) from error
        try:
            self._enter(line)
            yield line
        except (OSError, smtplib.SMTPException) as error:  # before the text: `_write` keeps its own errors
            raise _not_connected(error) from error
        finally:
            line.close()

    def _connected(self) -> smtplib.SMTP:
        server, timeout = self._server, self.reply_seconds
        us = server.sender.rpartition("@")[2]  # the machine's own name would be looked up, and tells more than is asked
        if server.implicit_tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, us, timeout=timeout, context=context)
        return smtplib.SMTP(server.host, server.port, us, timeout=timeout)

    def _enter(self, line: smtplib.SMTP) -> None:
        """Greet, encrypt, log in."""
        server = self._server
        line.ehlo_or_helo_if_needed()
        if not server.implicit_tls and line.has_extn("starttls"):
            line.starttls(context=ssl.create_default_context())
            line.ehlo_or_helo_if_needed()
        elif not server.implicit_tls and not server.allow_plain:
            raise WorkspaceDown("the mail server does not offer STARTTLS", where=_WHERE, cure="use smtps://")
        if server.user is not None:
            line.login(server.user, server.password or "")


def _write(line: smtplib.SMTP, text: bytes, seconds: float) -> None:
    """Write the letter's text, and wait so long for the verdict. Once it is written, silence says nothing."""
    _expect(line.docmd("DATA"), _text_refused, wanted=_GO_ON)
    try:
        if line.sock is not None:
            line.sock.settimeout(seconds)
        line.send(_framed(text))
        reply = line.getreply()
    except (OSError, smtplib.SMTPException) as error:
        what = "the mail server did not answer after the letter was written"
        raise OutcomeUnknown(what, where=_WHERE) from error
    _expect(reply, _text_refused)


def _framed(text: bytes) -> bytes:
    """The text as DATA takes it: a line that begins with a dot gets another one, and a dot alone ends it."""
    lines = text.split(b"\r\n")
    doubled = [b"." + each if each.startswith(b".") else each for each in lines]
    return b"\r\n".join(doubled).removesuffix(b"\r\n") + b"\r\n.\r\n"


def _expect(reply: tuple[int, bytes], refused: Callable[[int, str], NotifierError], wanted: int = _TAKEN) -> None:
    code, words = reply
    if code == wanted or (wanted == _TAKEN and code == 251):  # 251: it forwards
        return
    said = words.decode("ascii", "replace")[:_MAX_TEXT]
    if 400 <= code < 500:
        raise SlowDown(f"the mail server says: not now ({code} {said})", after=LATER, where=_WHERE)
    raise refused(code, said)


def _sender_refused(code: int, said: str) -> NotifierError:
    return WorkspaceDown(f"the mail server does not let us send ({code} {said})", where=_WHERE, cure=_CURE)


def _recipient_refused(code: int, said: str) -> NotifierError:
    if code == 530:  # "log in first"
        return _sender_refused(code, said)
    return TargetGone(f"the mail server refuses this address ({code} {said})", where=_WHERE)


def _text_refused(code: int, said: str) -> NotifierError:
    return BadContent(f"the mail server refuses this letter ({code} {said})", where=_WHERE)


def _not_connected(error: Exception) -> NotifierError:
    """What went wrong before any text was written, without what was said in the login."""
    if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPNotSupportedError):
        code = getattr(error, "smtp_code", 0)
        if 400 <= code < 500:
            return SlowDown("the mail server cannot log us in now", after=LATER, where=_WHERE)
        return WorkspaceDown("the mail server does not accept our name and password", where=_WHERE, cure=_CURE)
    if isinstance(error, ssl.SSLCertVerificationError):
        what = f"the mail server's certificate is not trusted: {error.verify_message}"
        return WorkspaceDown(what, where=_WHERE, cure=_CURE)
    if isinstance(error, smtplib.SMTPResponseException) and 400 <= error.smtp_code < 500:
        return SlowDown(f"the mail server says: not now ({error.smtp_code})", after=LATER, where=_WHERE)
    return NotAccepted(f"the mail server cannot be reached: {type(error).__name__}", where=_WHERE)
