"""Messages by e-mail: the last way to reach somebody, and how the operator hears that the usual way is gone."""

from __future__ import annotations

from stalewatch.delivery.email.notifier import EmailNotifier
from stalewatch.delivery.email.server import read_server
from stalewatch.sdk.notifier import NotifierSettings


def connect(settings: NotifierSettings) -> EmailNotifier:
    """The notifier as `notify.email` wants it; nothing is connected yet.

    Raises:
        ConfigurationError: its `url` or `from` cannot be used.
    """
    return EmailNotifier(read_server(settings.options), now=settings.now)
