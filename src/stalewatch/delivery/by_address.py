"""Several services behind one notifier: `mailto:` goes by e-mail, `hook:` to its webhook, the rest the usual way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from stalewatch.delivery.webhook import Unconfigured
from stalewatch.domain.hooks import PREFIX
from stalewatch.domain.routing import MAILTO
from stalewatch.sdk.connector import Finding
from stalewatch.sdk.notifier import Message, Notifier, Receipt, Settled


@dataclass(frozen=True)
class ByAddress(Notifier):
    """Hands each message to the service that its address belongs to."""

    type: ClassVar[str] = "by_address"

    usual: Notifier
    mail: Notifier | None = None
    hooks: Mapping[str, Notifier] = field(default_factory=dict)

    def to(self, address: str) -> Notifier:
        """The service behind an address."""
        if address.startswith(PREFIX):
            return self.hooks.get(address) or Unconfigured()
        return self.mail if self.mail is not None and address.startswith(MAILTO) else self.usual

    def send(self, message: Message) -> Receipt:
        """Send by the address's service; raises as that does."""
        return self.to(message.address).send(message)

    def settle(self, delivery: str, address: str, since: datetime, thread: Mapping[str, Any] | None = None) -> Settled:
        """Ask the address's service."""
        return self.to(address).settle(delivery, address, since, thread)

    def edit(self, receipt: Receipt, message: Message) -> Receipt:
        """Edit by the address's service; raises as that does."""
        return self.to(message.address).edit(receipt, message)

    def check(self) -> None:
        """Ask every service; raises as the first does that is down."""
        for service in services(self):
            service.check()

    def examine(self) -> Sequence[Finding]:
        """What the services say of themselves."""
        return [finding for service in services(self) for finding in service.examine()]


def services(notifier: Notifier) -> tuple[Notifier, ...]:
    """Every service that messages may leave by, the usual one first."""
    if not isinstance(notifier, ByAddress):
        return (notifier,)
    mail = () if notifier.mail is None else (notifier.mail,)
    return notifier.usual, *mail, *notifier.hooks.values()


def service_of(notifier: Notifier, address: str) -> Notifier:
    """The service that takes messages to this address."""
    return notifier.to(address) if isinstance(notifier, ByAddress) else notifier
