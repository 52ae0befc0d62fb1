"""Only Slack signs as Slack does (S11): its own example passes, and nothing that differs from it anywhere."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stalewatch.delivery.slack.signature import genuine, signed
from stalewatch.domain.instants import SECOND

pytestmark = pytest.mark.security

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"  # noqa: S105  # the example of Slack's documentation
TIME = "1531420618"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
    b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
NOW = int(TIME) * SECOND


def test_s11_slacks_own_example_is_genuine_and_its_mark_is_not_its_signature() -> None:
    mark = genuine([TIME], [SIGNATURE], BODY, SECRET, NOW)
    assert mark is not None
    assert SIGNATURE[3:] not in mark


def test_s11_no_bit_of_body_signature_or_time_can_be_turned() -> None:
    dice = random.Random(11)  # noqa: S311  # which bits are turned is no secret
    whole = BODY + SIGNATURE.encode() + TIME.encode()
    for place in [dice.randrange(len(whole) * 8) for _ in range(1000)]:
        turned = bytearray(whole)
        turned[place // 8] ^= 1 << place % 8
        body, signature, time = turned[: len(BODY)], turned[len(BODY) : -len(TIME)], turned[-len(TIME) :]
        said = ([time.decode("latin-1")], [signature.decode("latin-1")])
        assert genuine(*said, bytes(body), SECRET, NOW) is None, place


@pytest.mark.parametrize(("late", "passes"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)])
def test_s11_five_minutes_and_no_second_more(late: int, passes: bool) -> None:
    assert (genuine([TIME], [SIGNATURE], BODY, SECRET, NOW + late * SECOND) is not None) is passes


@pytest.mark.parametrize("times", [
    [], [TIME, TIME], ["", TIME], [""], [f" {TIME}"], [f"{TIME}\n"], [f"+{TIME}"], [f"{TIME}.0"],
    ["１５３１４２０６１８"], ["1e9"], ["-1"], ["0" * 400], [f"{TIME}, {TIME}"], ["\udc80"],
])  # fmt: skip
def test_s11_a_time_of_another_form_is_refused_even_when_it_is_signed(times: list[str]) -> None:
    said = times[0] if times else ""
    own = signed(SECRET, said.encode("utf-8", "replace").decode(), BODY)
    assert genuine(times, [own], BODY, SECRET, NOW) is None


@pytest.mark.parametrize("signatures", [
    [], [SIGNATURE, SIGNATURE], [""], ["v0="], [SIGNATURE[3:]], [SIGNATURE.upper()], [f"v1={SIGNATURE[3:]}"],
    [f"{SIGNATURE} "], [f"{SIGNATURE}\n"], [SIGNATURE[:-1]], [f"{SIGNATURE}0"], ["v0=" + "é" * 64],
])  # fmt: skip
def test_s11_a_signature_of_another_form_is_refused(signatures: list[str]) -> None:
    assert genuine([TIME], signatures, BODY, SECRET, NOW) is None


def test_s11_an_empty_secret_signs_nothing() -> None:
    assert genuine([TIME], [signed("", TIME, BODY)], BODY, "", NOW) is None


@given(some.binary(max_size=300), some.text(min_size=1, max_size=40), some.integers(0, 10**11))
def test_s11_whatever_is_signed_is_genuine_once_and_under_no_other_secret(body: bytes, secret: str, at: int) -> None:
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    signature, now = signed(secret, str(at), body), at * SECOND
    assert genuine([str(at)], [signature], body, secret, now) is not None
    assert genuine([str(at)], [signature], body, f"{secret}x", now) is None
    assert genuine([str(at)], [signature], body + b"x", secret, now) is None
