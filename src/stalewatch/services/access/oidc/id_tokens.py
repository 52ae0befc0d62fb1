"""ID tokens: signed by the provider, for us, for this attempt, now; and whose verified address stands in it (S5)."""

from __future__ import annotations

import binascii
import hmac
from base64 import urlsafe_b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

from stalewatch.domain.instants import SECOND
from stalewatch.services.access.oidc.refusals import SignInRefused
from stalewatch.settings.project import Oidc

ALGORITHMS: Final = tuple(f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512))
"""Signatures with a pair of keys. Never `none`; and never `HS…`, for which our public key would do as the secret."""
LEEWAY: Final = 60
"""Seconds by which two clocks may differ."""
_LONGEST: Final = 64 * 1024
_GOOGLE: Final = "accounts.google.com"
_ENTRA: Final = (
    "login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net",
)  # fmt: skip
_TRUE: Final = (True, "true")
"""Some providers send the word."""


def key_named(token: str) -> str | None:
    """Which key a token says that it was signed with; None if it says nothing of it.

    Raises:
        SignInRefused: it is no token, or one that is not signed as ours must be.
    """
    head, dot, _ = token.partition(".")
    try:
        header = msgspec.json.decode(urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (binascii.Error, ValueError):
        header = None
    if len(token) > _LONGEST or not dot or not isinstance(header, dict):
        raise SignInRefused("the provider sent no ID token that could be read")
    if header.get("alg") not in ALGORITHMS:
        raise SignInRefused(f"the ID token is signed by {header.get('alg')!r}, which is not taken")
    name = header.get("kid")
    return name if isinstance(name, str) else None


def verified(token: str, keys: Sequence[Key], oidc: Oidc, nonce: str, now: int) -> Mapping[str, Any]:
    """The claims of a token that one of these keys has signed for us and for this attempt.

    Args:
        now: in microseconds.

    Raises:
        SignInRefused: it proves nothing; the sentence says what it lacks.
    """
    claims = _signed(token, keys)
    wanted = jwt.JWTClaimsRegistry(
        now=now // SECOND, leeway=LEEWAY,
        iss={"essential": True, "value": oidc.issuer}, aud={"essential": True, "value": oidc.client_id},
        sub={"essential": True}, exp={"essential": True}, iat={"essential": True},
    )  # fmt: skip
    try:
        wanted.validate(dict(claims))
    except JoseError as error:
        raise SignInRefused(f"the ID token is not good: {error}") from error
    if not isinstance(claims["iss"], str) or claims["iss"] != oidc.issuer:
        raise SignInRefused("the ID token is of another issuer")
    several = isinstance(claims["aud"], list) and claims["aud"] != [oidc.client_id]
    if claims.get("azp", None if several else oidc.client_id) != oidc.client_id:
        raise SignInRefused("the ID token was made for another client (azp)")
    said = claims.get("nonce")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
        raise SignInRefused("the ID token is of another attempt (nonce)")
    return claims


def address(claims: Mapping[str, Any], oidc: Oidc) -> str:
    """The verified address of somebody of this company, in lower case.

    Raises:
        SignInRefused: there is none, nobody has verified it, or they are of another company.
    """
    email = claims.get("email")
    if not isinstance(email, str) or email.count("@") != 1 or not email.isprintable() or " " in email.strip():
        raise SignInRefused("the provider named no e-mail address; ask it for the claim `email`")
    if not _is_verified(claims, oidc):
        raise SignInRefused("the provider does not say that the e-mail address was verified")
    _check_company(claims, oidc)
    return email.strip().lower()


def _signed(token: str, keys: Sequence[Key]) -> Mapping[str, Any]:
    for key in keys:
        try:
            return jwt.decode(token, key, list(ALGORITHMS)).claims
        except (JoseError, ValueError, TypeError):
            continue
    raise SignInRefused("no key of the provider's has signed the ID token")


def _is_verified(claims: Mapping[str, Any], oidc: Oidc) -> bool:
    """Entra has another word for it, which counts only where the usual one is not said at all."""
    said = claims.get("email_verified")
    if said is None and urlsplit(oidc.issuer).hostname in _ENTRA:
        return claims.get("xms_edov") in (*_TRUE, "1")
    return said is True or said == "true"


def _check_company(claims: Mapping[str, Any], oidc: Oidc) -> None:
    """A Google account of one's own may have any address that was verified once: `hd` says whose somebody is."""
    hosted = claims.get("hd")
    known = hosted.lower() if isinstance(hosted, str) else ""
    if oidc.hd and known not in oidc.hd:
        raise SignInRefused("they are of another company (hd)")
    if urlsplit(oidc.issuer).hostname == _GOOGLE and not known:
        raise SignInRefused("it is a Google account of one's own, of no company (hd)")
