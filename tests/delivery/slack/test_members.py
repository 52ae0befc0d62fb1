"""What Slack tells of its members: their language, if it is one of ours, and a zone that there is."""

from __future__ import annotations

from typing import Any

import pytest

from stalewatch.delivery.slack.errors import Unseen
from stalewatch.delivery.slack.members import at_address, language_of


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("ja-JP", "ja"),
        ("en-US", "en"),
        ("en_GB", "en"),
        ("JA", "ja"),
        ("de-DE", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_locale_is_one_of_our_languages_or_none(locale: object, language: str | None) -> None:
    assert language_of(locale) == language


class Web:
    """Slack's Web API with one account, of which these traits are told."""

    def __init__(self, **traits: Any) -> None:
        self.user = {"id": "U00001", "team_id": "T1", "profile": {"email": "Sato@Acme.example "}, **traits}
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        self.calls.append((method, arguments))
        if self.user["id"] == "gone":
            raise Unseen("nobody")
        return {"user": self.user}


def test_slack_is_asked_for_the_locale_of_an_address() -> None:
    web = Web(locale="ja-JP", tz="Asia/Tokyo")
    found = at_address(web, "sato@acme.example")
    assert found is not None
    assert (found.email, found.language, found.zone) == ("sato@acme.example", "ja", "Asia/Tokyo")
    assert web.calls == [
        ("users.lookupByEmail", {"email": "sato@acme.example"}),
        ("users.info", {"user": "U00001", "include_locale": "true"}),
    ]
    assert at_address(Web(id="gone"), "sato@acme.example") is None


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", None, 7, "x" * 5_000, "Asia"])
def test_a_zone_that_nobody_knows_is_none(zone: object) -> None:
    found = at_address(Web(tz=zone), "U00001")
    assert found is not None
    assert found.zone is None
