"""S5 of docs/security.md, without a browser: what a token says, whose address is believed, what an attempt keeps."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import import_key

from stalewatch.services.access.oidc.attempts import LIFE, Attempt
from stalewatch.services.access.oidc.id_tokens import ALGORITHMS, address, key_named, verified
from stalewatch.services.access.oidc.provider import Provider
from stalewatch.services.access.oidc.refusals import SignInRefused
from stalewatch.settings.project import Oidc
from stalewatch_sandbox.oidc.signing import SigningKey, encoded

pytestmark = pytest.mark.security
GOOGLE, ENTRA = "https://accounts.google.com", "https://login.microsoftonline.com/1111/v2.0"
OKTA = "https://acme.okta.com"
NOW = 1_775_000_000_000_000
KEY = SigningKey.ec("k")


def oidc(issuer: str = OKTA, *hd: str) -> Oidc:
    return Oidc(issuer=issuer, client_id="us", client_secret="x", hd=frozenset(hd))  # noqa: S106


def believed(claims: dict[str, Any], where: Oidc) -> bool:
    try:
        return address({"email": "Sato@acme.example", **claims}, where) == "sato@acme.example"
    except SignInRefused:
        return False


@pytest.mark.parametrize(
    ("issuer", "claims", "expected"),
    [
        (OKTA, {"email_verified": True}, True),
        (OKTA, {"email_verified": "true"}, True),
        (OKTA, {"email_verified": False}, False),
        (OKTA, {"email_verified": "false"}, False),
        (OKTA, {"email_verified": 1}, False),
        (OKTA, {"email_verified": ["true"]}, False),
        (OKTA, {}, False),
        (OKTA, {"xms_edov": True}, False),  # which is Microsoft's word alone
        (ENTRA, {"xms_edov": True}, True),
        (ENTRA, {"xms_edov": 1}, True),
        (ENTRA, {"xms_edov": "1"}, True),
        (ENTRA, {"xms_edov": "true"}, True),
        (ENTRA, {"xms_edov": False}, False),
        (ENTRA, {"xms_edov": "0"}, False),
        (ENTRA, {}, False),
        (ENTRA, {"preferred_username": "sato@acme.example"}, False),
        (ENTRA, {"xms_edov": True, "email_verified": False}, False),  # a no goes before it
        (GOOGLE, {"email_verified": True, "hd": "acme.example"}, True),
        (GOOGLE, {"email_verified": True}, False),  # a private account that has the address
        (GOOGLE, {"email_verified": True, "hd": ""}, False),
        (GOOGLE, {"email_verified": True, "hd": True}, False),
    ],
)
def test_s5_an_address_counts_if_its_provider_vouches_for_it(
    issuer: str, claims: dict[str, Any], expected: bool
) -> None:
    assert believed(claims, oidc(issuer)) is expected


@pytest.mark.parametrize(
    ("hd", "expected"),
    [
        *(("acme.example", True), ("ACME.example", True), ("acme.jp", True)),
        *(("evil.example", False), ("acme.example.evil", False), (None, False)),
    ],
)
def test_s5_only_the_companies_that_are_named_are_ours(hd: str | None, expected: bool) -> None:
    for issuer in (GOOGLE, OKTA):
        claims = {"email_verified": True, "hd": hd}
        assert believed(claims, oidc(issuer, "acme.example", "acme.jp")) is expected


@pytest.mark.parametrize("email", [None, "", "sato", "a@b@c", "sato@acme.example\n", "a b@acme.example", 7, ["a@b"]])
def test_s5_what_is_no_address_is_nobody(email: object) -> None:
    with pytest.raises(SignInRefused):
        address({"email": email, "email_verified": True}, oidc())


# ------------------------------------------------------------------------------------------------------------- tokens


def head(**header: Any) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "x", "eyJ", head(alg="RS256"), f"{head(alg='none')}.e30.", f"{head(alg='None')}.e30.x",
     f"{head(alg='HS256')}.e30.x", f"{head(alg=['RS256'])}.e30.x", f"{head()}.e30.x", f"{head(alg=None)}.e30.x",
     f"{urlsafe_b64encode(b'[1]').decode()}.e30.x", "é.e30.x", f"{head(alg='RS256')}.{'x' * 70_000}.x"],
)  # fmt: skip
def test_s5_what_is_no_token_of_ours_is_refused_before_any_key_is_asked_for(token: str) -> None:
    with pytest.raises(SignInRefused):
        key_named(token)


@pytest.mark.fuzz
@given(st.text(max_size=80) | st.binary(max_size=60).map(encoded), st.text(max_size=40), st.text(max_size=20))
def test_s5_garbage_is_refused_and_nothing_else_happens(first: str, second: str, third: str) -> None:
    keys = [import_key(KEY.public)]
    for token in (f"{first}.{second}.{third}", f"{head(alg='ES256', kid='k')}.{second}.{third}"):
        with suppress(SignInRefused):
            key_named(token)
        with pytest.raises(SignInRefused):
            verified(token, keys, oidc(), "nonce", NOW)


CLAIMS = st.sampled_from(["iss", "aud", "sub", "exp", "iat", "nbf", "nonce", "azp"])
VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)


@pytest.mark.fuzz
@given(st.dictionaries(CLAIMS, VALUES | st.lists(st.text(max_size=4), max_size=2), min_size=1))
def test_s5_a_signed_token_with_one_claim_that_is_not_as_it_must_be_is_refused(bent: dict[str, Any]) -> None:
    good = {"iss": OKTA, "aud": "us", "sub": "1", "exp": NOW // 10**6 + 60, "iat": NOW // 10**6, "nonce": "n"}
    keys = [import_key(KEY.public)]
    assert verified(KEY.signed(good), keys, oidc(), "n", NOW)["sub"] == "1"
    told = {**good, **bent}
    try:
        claims = verified(KEY.signed(told), keys, oidc(), "n", NOW)
    except SignInRefused:
        return
    assert (claims["iss"], claims["nonce"], claims.get("azp", "us")) == (OKTA, "n", "us")
    assert "us" in claims["aud"]
    assert claims["exp"] > NOW // 10**6 - 61
    assert claims["iat"] <= NOW // 10**6 + 60


def test_s5_several_audiences_need_the_party_and_the_right_one() -> None:
    good = {"iss": OKTA, "sub": "1", "exp": NOW // 10**6 + 60, "iat": NOW // 10**6, "nonce": "n"}
    keys = [import_key(KEY.public)]
    for aud, azp, expected in (
        ("us", None, True), (["us"], None, True), (["us"], "us", True), (["us", "x"], "us", True),
        (["us", "x"], None, False), (["us", "x"], "x", False), ("us", "x", False), ("x", "us", False),
        (["x"], "us", False),
    ):  # fmt: skip
        told = {**good, "aud": aud, **({"azp": azp} if azp else {})}
        try:
            assert verified(KEY.signed(told), keys, oidc(), "n", NOW)
            assert expected, (aud, azp)
        except SignInRefused:
            assert not expected, (aud, azp)


def test_s5_no_shared_secret_and_no_signature_is_among_the_algorithms() -> None:
    assert {one[:2] for one in ALGORITHMS} == {"RS", "PS", "ES"}


# ------------------------------------------------------------------------------------------------------------ attempts


@given(st.from_regex(r"/[!-~]{0,60}", fullmatch=True), st.integers(0, 4 * 10**15))
def test_s5_an_attempt_is_what_its_cookie_says(after: str, now: int) -> None:
    attempt = Attempt.fresh(after, now)
    again = Attempt.kept(attempt.cookie, now + LIFE - 10**6)
    assert again == attempt
    assert again.is_answered_by(attempt.state)
    assert len({attempt.state, attempt.nonce, attempt.verifier, attempt.secret}) == 4
    assert attempt.secret not in attempt.state + attempt.nonce + attempt.verifier + repr(attempt)
    assert Attempt.kept(attempt.cookie, now + LIFE + 10**6) is None
    assert Attempt.kept(attempt.cookie, now - 2 * 10**6) is None
    assert 43 <= len(attempt.verifier) <= 128  # what PKCE asks for


@pytest.mark.fuzz
@given(st.text(max_size=200))
def test_s5_a_cookie_that_is_none_of_ours_is_no_attempt(cookie: str) -> None:
    assert Attempt.kept(cookie, NOW) is None
    assert not Attempt.fresh("/", NOW).is_answered_by(cookie)


def test_a_provider_is_called_as_people_know_it() -> None:
    others = (("https://id.acme.jp/x", "id.acme.jp"), ("https://evilokta.com", "evilokta.com"))
    for issuer, name in ((GOOGLE, "Google"), (ENTRA, "Microsoft"), (OKTA, "Okta"), *others):
        assert Provider(oidc(issuer), "https://stalewatch.acme.example").name == name
