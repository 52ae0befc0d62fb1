"""`webhooks:` and `heartbeat:`: over TLS, signed by a secret that nobody guesses, each address once."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalewatch.domain.hooks import EventType, Hook
from stalewatch.settings import Loaded, Offered, load
from stalewatch.settings.known_secrets import secret_texts
from stalewatch.settings.project import Beating

LONG = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def read(tmp_path: Path, *rows: str, secret: str = LONG) -> Loaded:
    (tmp_path / "rules").mkdir(exist_ok=True)
    path = tmp_path / "stalewatch.yaml"
    path.write_text("\n".join(["stalewatch: 1", "webhooks:", *(f"  - {{{row}}}" for row in rows)]))
    return load(path, {"S": secret, "OLD": LONG[::-1]}, Offered())


def test_two_secrets_sign_while_one_replaces_the_other(tmp_path: Path) -> None:
    row = "url: 'https://x.example/in', secret: '${S}', previous: '${OLD}', events: [alert.opened, alert.resolved]"
    loaded = read(tmp_path, row, "url: 'http://10.0.0.5:8080', secret: '${S}', allow_custom_host: true")
    assert loaded.settings is not None
    both, inside = loaded.settings.hooks
    assert both.secrets == (LONG, LONG[::-1])
    assert [both.wants(one) for one in EventType] == [True, False, False, True, False]
    assert (inside.allow_custom_host, inside.wants(EventType.ACTED)) == (True, True)
    assert both.target != inside.target
    assert LONG not in repr(loaded.settings)


@pytest.mark.security
def test_s16_a_sign_of_life_goes_over_tls_unless_somebody_says_otherwise_and_its_path_is_a_secret(
    tmp_path: Path,
) -> None:
    (tmp_path / "rules").mkdir()
    path = tmp_path / "stalewatch.yaml"
    found = {}
    for said in ("{url: 'https://x.example/6f9619ff8b86'}", "{url: 'http://x.example/p'}", "{}",
                 "{url: 'http://10.0.0.5/p', allow_custom_host: true}"):  # fmt: skip
        path.write_text(f"stalewatch: 1\nheartbeat: {said}\n")
        found[said] = load(path, {}, Offered())
    open_, plain, empty, inside = found.values()
    assert open_.settings is not None
    assert "6f9619ff8b86" not in repr(open_.settings)
    assert "6f9619ff8b86" in secret_texts(open_.settings)
    assert [one.code for one in plain.diagnostics] == ["SW125"]
    assert [one.code for one in empty.diagnostics] == ["SW102"]
    assert inside.settings is not None
    assert inside.settings.heartbeat == Beating(url="http://10.0.0.5/p", allow_custom_host=True)


@pytest.mark.security
@pytest.mark.parametrize(
    ("rows", "secret", "code"),
    [
        (["url: 'http://x.example', secret: '${S}'"], LONG, "SW125"),
        (["url: 'https://x.example', secret: '${S}'"], "hunter2", "SW110"),
        (["url: 'https://x.example', secret: '${S}', events: [alert.open]"], LONG, "SW105"),
        (["url: 'https://x.example', secret: '${S}'"] * 2, LONG, "SW107"),
    ],
)
def test_s16_what_cannot_be_trusted_is_refused(tmp_path: Path, rows: list[str], secret: str, code: str) -> None:
    loaded = read(tmp_path, *rows, secret=secret)
    assert loaded.settings is None
    assert [found.code for found in loaded.diagnostics] == [code]
    assert secret not in loaded.render("en")


def test_a_webhook_is_known_by_its_address_alone() -> None:
    one = Hook(url="https://x.example", secrets=("a",))
    assert one.target == Hook(url="https://x.example", secrets=("b", "a"), events=frozenset({EventType.ACTED})).target
