"""API tokens: told apart from anything else without a database, and verified by their hash alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stalewatch.domain.instants import DAY, MINUTE
from stalewatch.services.access import tokens
from stalewatch.store.engine import Database
from tests import databases

NOW = 1_700_000_000_000_000
pytestmark = pytest.mark.security


@pytest.fixture
def base(migrated_database_url: str) -> Iterator[Database]:
    database = databases.opened(migrated_database_url)
    yield database
    database.dispose()


@given(st.binary(min_size=32, max_size=32))
def test_s1_every_token_has_its_prefix_its_length_and_a_checksum_that_holds(secret: bytes) -> None:
    token = tokens.mint(secret)
    assert token.startswith("swt_")
    assert len(token) == 53
    assert tokens.looks_like_one(token)


@given(st.binary(min_size=32, max_size=32), st.integers(4, 52), st.sampled_from("0aZ9é"))
def test_s1_a_token_with_one_character_changed_is_none(secret: bytes, place: int, other: str) -> None:
    token = tokens.mint(secret)
    changed = token[:place] + other + token[place + 1 :]
    assert tokens.looks_like_one(changed) is (changed == token)


@given(st.text(max_size=80))
def test_s1_text_is_no_token(text: str) -> None:
    assert not tokens.looks_like_one(text)


def test_s1_two_secrets_never_share_a_token() -> None:
    secrets = [number.to_bytes(32, "big") for number in (0, 1, 2**256 - 1, 2**255)]
    assert len({tokens.mint(secret) for secret in secrets}) == len(secrets)


def test_a_token_opens_what_its_scopes_say(base: Database) -> None:
    text = tokens.create(base, "dashboard", ["deals:read", "alerts:act"], NOW)
    found = tokens.verify(base, text, NOW)
    assert found is not None
    assert (found.name, found.allows("deals:read"), found.allows("admin")) == ("dashboard", True, False)
    admin = tokens.verify(base, tokens.create(base, "ops", ["admin"], NOW), NOW)
    assert admin is not None
    assert admin.allows("deals:read")


def test_a_token_that_is_unknown_expired_or_revoked_opens_nothing(base: Database) -> None:
    assert tokens.verify(base, tokens.mint(b"x" * 32), NOW) is None
    brief = tokens.create(base, "brief", ["admin"], NOW, expires_at=NOW + DAY)
    assert tokens.verify(base, brief, NOW + DAY - 1) is not None
    assert tokens.verify(base, brief, NOW + DAY) is None
    long = tokens.create(base, "long", ["admin"], NOW)
    found = tokens.verify(base, long, NOW)
    assert found is not None
    tokens.revoke(base, found.id, NOW)
    assert tokens.verify(base, long, NOW) is None
    with pytest.raises(tokens.UnknownToken):
        tokens.revoke(base, found.id, NOW)


def test_its_use_is_noted_every_five_minutes_at_most(base: Database) -> None:
    text = tokens.create(base, "a", ["admin"], NOW)
    noted = []
    for later in (0, MINUTE, 5 * MINUTE):
        tokens.verify(base, text, NOW + later)
        noted.append(tokens.listed(base)[0].last_used_at - NOW)
    assert noted == [0, 0, 5 * MINUTE]


def test_what_is_no_scope_makes_no_token(base: Database) -> None:
    for scopes in ([], ["deals:read", "everything"]):
        with pytest.raises(ValueError, match="scopes are some of"):
            tokens.create(base, "a", scopes, NOW)
    assert tokens.listed(base) == []
