"""Checks RS256 signatures with the public key of a PEM file, so that a login is really verified.

Nothing here is secret, and nothing is signed: checking takes the public key and whole-number arithmetic alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_PEM: Final = re.compile(r"-----BEGIN ([A-Z ]+)-----(.+?)-----END \1-----", re.DOTALL)
_SHA256: Final = bytes.fromhex("3031300d060960864801650304020105000420")
"""What stands before a SHA-256 digest in a signature (RFC 8017, 9.2)."""
_RSA: Final = bytes.fromhex("2a864886f70d010101")
_SEQUENCE, _INTEGER, _BITS, _OID = 0x30, 0x02, 0x03, 0x06


class NotAKey(ValueError):
    """A text that is no RSA public key or certificate in PEM."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key: modulus and exponent."""

    modulus: int
    exponent: int

    @classmethod
    def from_pem(cls, pem: str) -> PublicKey:
        """Read a public key or a certificate.

        Raises:
            NotAKey: if it is neither.
        """
        found = _PEM.search(pem)
        if found is None:
            raise NotAKey("no PEM block")
        try:
            key = _rsa_key(base64.b64decode(found[2]))
        except (binascii.Error, IndexError) as error:
            raise NotAKey(str(error)) from error
        if key is None:
            raise NotAKey(f"no RSA key in {found[1]}")
        return key

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is of this message, by the other half of this key."""
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature, "big")
        if len(signature) != size or number >= self.modulus:
            return False
        digest = _SHA256 + hashlib.sha256(message).digest()
        expected = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        return hmac.compare_digest(pow(number, self.exponent, self.modulus).to_bytes(size, "big"), expected)


def _rsa_key(der: bytes) -> PublicKey | None:
    """The first subject public key in a document: a sequence of an algorithm (RSA) and a bit string."""
    for tag, content in _members(der):
        if tag != _SEQUENCE:
            continue
        inner = list(_members(content))
        if [kind for kind, _ in inner] == [_SEQUENCE, _BITS]:
            algorithm = next(_members(inner[0][1]))
            if algorithm == (_OID, _RSA):
                _, key = next(_members(inner[1][1][1:]))
                modulus, exponent = (int.from_bytes(number, "big") for _, number in _members(key))
                return PublicKey(modulus, exponent)
        deeper = _rsa_key(content)
        if deeper is not None:
            return deeper
    return None


def _members(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of what stands side by side."""
    place = 0
    while place < len(der):
        tag, length, place = der[place], der[place + 1], place + 2
        if length & 0x80:
            many = length & 0x7F
            length, place = int.from_bytes(der[place : place + many], "big"), place + many
        yield tag, der[place : place + length]
        place += length
