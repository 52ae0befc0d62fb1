"""Two services behind one notifier: `mailto:` addresses go by e-mail, every other one by the usual service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from stalewatch.domain.routing import MAILTO
from stalewatch.sdk.connector import Finding
from stalewatch.sdk.notifier import Message, Notifier, Receipt, Settled


@dataclass(frozen=True)
class ByAddress(Notifier):
    """Hands each message to the service that its address belongs to."""

    type: ClassVar[str] = "by_address"

    usual: Notifier
    mail: Notifier

    def to(self, address: str) -> Notifier:
        """The service behind an address."""
        return self.mail if address.startswith(MAILTO) else self.usual

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
        """Ask both services; raises as the first does that is down."""
        for service in services(self):
            service.check()

    def examine(self) -> Sequence[Finding]:
        """What both services say of themselves."""
        return [finding for service in services(self) for finding in service.examine()]


def services(notifier: Notifier) -> tuple[Notifier, ...]:
    """Every service that messages may leave by, the usual one first."""
    return (notifier.usual, notifier.mail) if isinstance(notifier, ByAddress) else (notifier,)


def service_of(notifier: Notifier, address: str) -> Notifier:
    """The service that takes messages to this address."""
    return notifier.to(address) if isinstance(notifier, ByAddress) else notifier
