"""Keys and signed tokens, written from RFC 7515 to 7518 with nothing but the arithmetic of `cryptography`."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class SigningKey:
    """One pair of keys: RS256 or ES256, by its kind."""

    kid: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def rsa(cls, kid: str) -> SigningKey:
        """A new pair for RS256; takes a tenth of a second."""
        return cls(kid, rsa.generate_private_key(65537, 2048))

    @classmethod
    def ec(cls, kid: str) -> SigningKey:
        """A new pair for ES256."""
        return cls(kid, ec.generate_private_key(ec.SECP256R1()))

    @property
    def alg(self) -> str:
        """The algorithm, as headers name it."""
        return "RS256" if isinstance(self.private, rsa.RSAPrivateKey) else "ES256"

    @cached_property
    def public(self) -> dict[str, str]:
        """The half that everybody may know, as JWKS show it."""
        told = {"kid": self.kid, "use": "sig", "alg": self.alg}
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return {**told, "kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3)}
        point = self.private.public_key().public_numbers()
        return {**told, "kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}

    def signed(self, claims: Claims, **header: str) -> str:
        """A token of these claims; `header` may say something else than is true."""
        told = _both({"alg": self.alg, "kid": self.kid, "typ": "JWT", **header}, claims)
        if isinstance(self.private, rsa.RSAPrivateKey):
            return f"{told}.{encoded(self.private.sign(told.encode(), padding.PKCS1v15(), SHA256()))}"
        first, second = decode_dss_signature(self.private.sign(told.encode(), ec.ECDSA(SHA256())))
        return f"{told}.{encoded(first.to_bytes(32, 'big') + second.to_bytes(32, 'big'))}"


def unsigned(claims: Claims) -> str:
    """A token that nobody has signed."""
    return f"{_both({'alg': 'none', 'typ': 'JWT'}, claims)}."


def shared(claims: Claims, key: SigningKey) -> str:
    """A token "signed" with the public half as the shared secret of HS256."""
    told = _both({"alg": "HS256", "kid": key.kid, "typ": "JWT"}, claims)
    return f"{told}.{encoded(hmac.digest(json.dumps(key.public).encode(), told.encode(), hashlib.sha256))}"


def claims_of(token: str) -> dict[str, Any]:
    """What stands in a token, whoever has signed it."""
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def encoded(data: bytes) -> str:
    """Base64 for addresses, without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def _both(header: Mapping[str, str], claims: Claims) -> str:
    return f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"


def _number(value: int, length: int) -> str:
    return encoded(value.to_bytes(length, "big"))
