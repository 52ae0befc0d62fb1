"""Record ids: 15 characters that tell upper from lower case, or the same 15 with a checksum of three that does not."""

from __future__ import annotations

import re
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHAPE: Final = re.compile(r"[0-9A-Za-z]{15}(?:[0-9A-Z]{3})?", re.ASCII)
_POD: Final = "5g000"

PREFIXES: Final = {
    "Account": "001", "Contact": "003", "User": "005", "Opportunity": "006", "OpportunityHistory": "008",
    "Group": "00G", "Lead": "00Q", "Task": "00T", "Event": "00U", "OpportunityContactRole": "00K",
    "Organization": "00D", "UserRole": "00E", "CampaignMember": "00v", "EmailMessage": "02s", "RecordType": "012",
    "OpportunityFieldHistory": "017", "LeadHistory": "01A", "OpportunityStage": "01J", "LeadStatus": "01L",
    "TaskStatus": "01S", "EventRelation": "0RE", "EmailMessageRelation": "0FR", "CurrencyType": "0C1",
    "DatedConversionRate": "04w",
}  # fmt: skip
"""The first three characters of an id say what it is the id of."""


class NotAnId(ValueError):
    """A text that is no record id."""


def record_id(object_name: str, number: int) -> str:
    """The id of the n-th record of an object, in 18 characters; they sort as their numbers do."""
    digits = ""
    for _ in range(7):
        number, rest = divmod(number, 62)
        digits = _ALPHABET[rest] + digits
    return long_id(PREFIXES[object_name] + _POD + digits)


def long_id(text: str) -> str:
    """An id of 15 or 18 characters in 18.

    Raises:
        NotAnId: if it is none, or its checksum does not fit.
    """
    if not _SHAPE.fullmatch(text):
        raise NotAnId(text)
    whole = text[:15] + _checksum(text[:15])
    if len(text) == 18 and text != whole:
        raise NotAnId(text)
    return whole


_UPPER: Final = str.maketrans({char: "1" if char.isupper() else "0" for char in _ALPHABET})


def _checksum(short: str) -> str:
    """One character for each five: which of them are upper case, the first counting least."""
    upper = short.translate(_UPPER)[::-1]
    return _CHECK[int(upper[10:], 2)] + _CHECK[int(upper[5:10], 2)] + _CHECK[int(upper[:5], 2)]
