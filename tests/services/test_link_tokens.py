"""Tokens of links for people outside, numbered as in docs/security.md."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.instants import DAY, SECOND
from stalewatch.services.answering.link_tokens import LENGTH, Purpose, Signer, signer_of

KEY, OTHER = "a key of this company that nobody guesses", "the key that this company will have next"
SIGNER = Signer([KEY])
NOW = 1_775_000_000 * SECOND
TOKEN = SIGNER.mint(Purpose.LOSS_CHECK, "one", NOW + DAY)

pytestmark = pytest.mark.security


@given(st.text(), st.integers(0, 2**39), st.sampled_from(Purpose))
def test_s35_a_token_tells_its_own_end_and_opens_nothing_else(identity: str, seconds: int, purpose: Purpose) -> None:
    token = SIGNER.mint(purpose, identity, seconds * SECOND)
    assert len(token) == LENGTH
    assert SIGNER.ends(purpose, token) == seconds * SECOND
    assert [SIGNER.ends(other, token) for other in Purpose if other is not purpose] == [None]
    assert Signer([OTHER]).ends(purpose, token) is None


@given(st.integers(0, LENGTH * 6 - 1))
def test_s35_one_bit_that_differs_and_it_is_not_ours(bit: int) -> None:
    whole = bytearray(base64.urlsafe_b64decode(TOKEN))
    whole[bit // 8] ^= 1 << bit % 8
    assert SIGNER.ends(Purpose.LOSS_CHECK, base64.urlsafe_b64encode(whole).decode()) is None


@given(st.text(st.characters(codec=None), max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{40,60}", fullmatch=True))
def test_s35_what_nobody_signed_is_not_ours(text: str) -> None:
    assert text == TOKEN or SIGNER.ends(Purpose.LOSS_CHECK, text) is None


@pytest.mark.parametrize(
    "cut", [TOKEN[:-1], TOKEN[1:], TOKEN + "A", TOKEN + "=", TOKEN + "\n", f" {TOKEN}", TOKEN * 2, ""]
)
def test_s35_a_token_that_was_cut_or_grew_is_not_ours(cut: str) -> None:
    assert SIGNER.ends(Purpose.LOSS_CHECK, cut) is None


def test_the_same_link_has_the_same_token_and_another_key_another_one() -> None:
    assert SIGNER.mint(Purpose.LOSS_CHECK, "one", NOW + DAY) == TOKEN
    others = {SIGNER.mint(Purpose.LOSS_CHECK, name, NOW + DAY) for name in ("two", "")} | {
        SIGNER.mint(Purpose.PARTNER, "one", NOW + DAY), Signer([OTHER]).mint(Purpose.LOSS_CHECK, "one", NOW + DAY)
    }  # fmt: skip
    assert len(others | {TOKEN}) == 5


def test_links_of_the_key_before_stay_good_and_new_ones_have_the_new_key() -> None:
    signer = signer_of({"key": OTHER, "previous": KEY})
    assert signer is not None
    assert signer.ends(Purpose.LOSS_CHECK, TOKEN) == NOW + DAY
    assert Signer([OTHER]).ends(Purpose.LOSS_CHECK, signer.mint(Purpose.LOSS_CHECK, "one", NOW + DAY)) is not None
    assert list(signer.minted(Purpose.LOSS_CHECK, "one", NOW + DAY))[1] == TOKEN


def test_without_a_key_nobody_signs_and_no_key_is_shown() -> None:
    assert signer_of({}) is None
    assert signer_of({"key": "", "previous": KEY}) is None
    assert signer_of({"key": "short", "previous": KEY}) is None  # whoever has one link could find it by trying
    assert KEY not in repr(SIGNER)
