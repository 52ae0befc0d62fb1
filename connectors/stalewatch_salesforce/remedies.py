"""What to do when one query of several is refused: ask otherwise, go on without it, or give up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from stalewatch.sdk.connector import Finding, Level
from stalewatch.sdk.errors import ConnectorError, TryLater
from stalewatch_salesforce.asking import Asking
from stalewatch_salesforce.chains import Chain
from stalewatch_salesforce.composite import Part, ask
from stalewatch_salesforce.decoding import decode
from stalewatch_salesforce.errors import Fault
from stalewatch_salesforce.org import OPPORTUNITY
from stalewatch_salesforce.queries import address, select
from stalewatch_salesforce.rows import OnlyId

TOO_LARGE: Final = "OPERATION_TOO_LARGE"
_LOST: Final = "INVALID_QUERY_LOCATOR"
TOO_SLOW: Final = "QUERY_TIMEOUT"
_CHANGED: Final = frozenset({"INVALID_FIELD", "INVALID_TYPE"})
_MOST: Final = 90
"""Refusals of one query in a row: from ends of a table to single ids it takes fewer."""
_COLUMN: Final = re.compile(r"No such column '([A-Za-z]\w*)' on entity '(\w+)'", re.ASCII)
_SLOW_SERVER: Final = timedelta(minutes=5)

CURE: Final = (
    "Give the integration user “View All Data”, or a sharing rule for activities. It is tried again every hour."
)


def findings(missing: Mapping[str, str]) -> list[Finding]:
    """What `doctor` says of objects that were refused in spite of their describe."""
    return [
        Finding(
            subject=name,
            level=Level.WARNING,
            message=f"is described and cannot be read ({words}): what it shows counts as unknown",
            cure=CURE if TOO_LARGE in words else f"Give the integration user read access to {name}.",
        )
        for name, words in missing.items()
        if words
    ]


class Remedies:
    """Knows the org that the queries are about.

    Attributes:
        given_up: objects that cannot be read though they are described, with Salesforce's words.
    """

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._is_described_anew = False
        self.given_up: dict[str, str] = {}

    def goes_on(self, chain: Chain, fault: Fault) -> bool:
        """Change a chain so that it can be asked again; False if it is left out from now on.

        Raises:
            ConnectorError: there is no remedy.
        """
        chain.troubles += 1
        if chain.troubles > _MOST:
            raise self.error(chain, fault)
        if fault.code == _LOST and chain.locator is not None:
            chain.forget_locator()
            return True
        if chain.is_optional:
            return False
        if fault.code == TOO_SLOW:
            return self._shorten(chain, fault)
        if fault.code in _CHANGED:
            return self._describe_anew(chain, fault)
        if fault.code == TOO_LARGE and chain.object != OPPORTUNITY:
            self.given_up[chain.object] = f"{fault.code} {fault.message}".strip()
            return False
        raise self.error(chain, fault)

    def error(self, chain: Chain, fault: Fault) -> ConnectorError:
        """The error for a query that is refused for good."""
        error = fault.error()
        error.__dict__.update(fault=fault, object=chain.object)
        return error

    def _shorten(self, chain: Chain, fault: Fault) -> bool:
        now = self._asking.transport.server_now()
        ends = ("", "") if chain.window.since is not None or chain.strides is not None else self._ends(chain)
        if chain.shorten(now, ends):
            return True
        raise TryLater(f"Salesforce takes too long to read {chain.object}: {fault.message}", after=_SLOW_SERVER)

    def _ends(self, chain: Chain) -> tuple[str, str]:
        """The first and the last id of an object: looked up in the index of ids, however slow the rest is."""
        parts = [
            Part(end, address(select(("Id",), chain.object, (), f"ORDER BY Id{order} LIMIT 1")))
            for end, order in (("first", ""), ("last", " DESC"))
        ]
        answers = ask(self._asking.transport, parts, kind="ends").by_ref
        found = [answers[part.ref] for part in parts]
        rows = [[] if one.fault is not None else decode(one.body, OnlyId)[0].records for one in found]
        return (rows[0][0].Id, rows[1][0].Id) if all(rows) else ("", "")

    def _describe_anew(self, chain: Chain, fault: Fault) -> bool:
        """Fields that are not there any more are left out: by a fresh describe, else by what the refusal names."""
        chain.forget_locator()
        if not self._is_described_anew:
            self._is_described_anew = True
            self._asking.renew()
            return self._asking.can_read(chain.object) or self._give_up(chain, fault)
        if not self._asking.can_read(chain.object):
            return self._give_up(chain, fault)
        named = _COLUMN.search(fault.message)
        if named is None or not self._forget(named[2], named[1]):
            raise self.error(chain, fault)
        return True

    def _give_up(self, chain: Chain, fault: Fault) -> bool:
        if chain.object == OPPORTUNITY:
            raise self.error(chain, fault)
        self.given_up[chain.object] = f"{fault.code} {fault.message}".strip()
        return False

    def _forget(self, object_name: str, field_name: str) -> bool:
        """Take a field for hidden that describe lists and a query refuses; False if it is none of ours."""
        org = self._asking.org
        described = org.objects.get(object_name)
        told = org.field(object_name, field_name)
        if described is None or told is None:
            return False
        rest = [one for one in described.fields if one is not told]
        org.objects[object_name] = msgspec.structs.replace(described, fields=rest)
        self._asking.forget_shapes()
        return True
