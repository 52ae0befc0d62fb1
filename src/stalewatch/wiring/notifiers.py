"""How the messages of a project leave: the notifier that `notify:` names, and e-mail beside it.

What speaks to the network is loaded when it is needed: no command that only reads should wait for it.
"""

from __future__ import annotations

from stalewatch import plugins
from stalewatch.clock import Clock
from stalewatch.sdk.notifier import Notifier, NotifierSettings
from stalewatch.settings import Settings

EMAIL = "email"


def make_notifier(settings: Settings, clock: Clock, name: str) -> Notifier:
    """The notifier of this name under `notify:`, which sends `mailto:` addresses by e-mail if that is configured.

    Raises:
        ConfigurationError: its options cannot be used.
        PluginError: it is not installed, or cannot be loaded.
    """
    return with_mail(settings, clock, plugins.notifier(name)(_told(settings, clock, name)))


def with_mail(settings: Settings, clock: Clock, usual: Notifier) -> Notifier:
    """A notifier with e-mail beside it, if `notify.email` is configured, and the webhooks.

    Raises:
        ConfigurationError: `notify.email` cannot be used.
    """
    if EMAIL not in settings.notify and not settings.hooks:
        return usual
    from stalewatch.delivery import email  # noqa: PLC0415
    from stalewatch.delivery.by_address import ByAddress  # noqa: PLC0415
    from stalewatch.delivery.webhook import Webhook  # noqa: PLC0415

    mail = email.connect(_told(settings, clock, EMAIL)) if EMAIL in settings.notify else None
    return ByAddress(usual, mail, {one.target: Webhook(one, clock) for one in settings.hooks})


def _told(settings: Settings, clock: Clock, name: str) -> NotifierSettings:
    return NotifierSettings(options=settings.notify.get(name, {}), base=settings.base, now=clock.now)
