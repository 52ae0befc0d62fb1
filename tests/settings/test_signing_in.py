"""`auth:`, how people sign in: what is understood, and what would let in others than those that are meant (S5, S40)."""

from __future__ import annotations

from pathlib import Path

import pytest

from stalewatch.settings.loading import Loaded, load
from stalewatch.settings.project import Oidc, SigningIn

WEB = "web: {public_url: https://stalewatch.acme.com}\n"
OIDC = '{{issuer: "{issuer}", client_id: x, client_secret: "${{SECRET}}"{more}}}'


def loaded(folder: Path, text: str) -> Loaded:
    path = folder / "stalewatch.yaml"
    path.write_text(f"stalewatch: 1\n{text}\n", encoding="utf-8")
    (folder / "rules").mkdir(exist_ok=True)
    return load(path, {"SECRET": "hunter2"})


def codes(folder: Path, issuer: str, more: str = "", web: str = WEB) -> list[str]:
    found = loaded(folder, f"{web}auth: {{oidc: {OIDC.format(issuer=issuer, more=more)}}}").diagnostics
    return [one.code for one in found]


def test_without_it_people_sign_in_with_a_token(tmp_path: Path) -> None:
    for text in ("", "auth:", "auth: {admins: [ops@acme.com]}"):
        settings = loaded(tmp_path, text).settings
        assert settings is not None
        assert settings.signing_in == SigningIn()
        assert settings.signing_in.takes_tokens


def test_with_a_provider_tokens_are_for_programs_unless_it_is_said(tmp_path: Path) -> None:
    oidc = OIDC.format(issuer="https://accounts.google.com", more=", hd: [Acme.com, acme.jp]")
    for word, takes in ((None, False), ("false", False), ("true", True)):
        said = "" if word is None else f", token_sign_in: {word}"
        settings = loaded(tmp_path, f"{WEB}auth: {{oidc: {oidc}{said}}}").settings
        assert settings is not None
        assert settings.signing_in.takes_tokens is takes
        assert settings.signing_in.oidc == Oidc(
            issuer="https://accounts.google.com",
            client_id="x",
            client_secret="hunter2",  # noqa: S106 - no secret of anybody's
            hd=frozenset({"acme.com", "acme.jp"}),
        )
        assert "hunter2" not in repr(settings)


def test_everything_that_a_login_takes_must_be_there(tmp_path: Path) -> None:
    found = loaded(tmp_path, f"{WEB}auth: {{oidc: {{}}}}")
    assert [one.code for one in found.diagnostics] == ["SW102"] * 3
    assert "client_secret" in found.render("en")
    assert codes(tmp_path, "https://id.acme.com", web="") == ["SW208"]


@pytest.mark.security
@pytest.mark.parametrize(
    ("issuer", "more", "expected"),
    [
        ("https://id.acme.com", "", []),
        ("https://login.microsoftonline.com/11111111-2222-3333-4444-555555555555/v2.0", "", []),
        ("https://login.microsoftonline.com/common/v2.0", "", ["SW207"]),
        ("https://login.microsoftonline.com/Organizations/v2.0", "", ["SW207"]),
        ("https://login.microsoftonline.us/consumers/v2.0", "", ["SW207"]),
        ("http://id.acme.com", "", ["SW206"]),
        ("http://id.acme.com", ", allow_custom_host: true", ["SW206"]),
        ("http://127.0.0.1:9000", "", ["SW203"]),
        ("http://127.0.0.1:9000", ", allow_custom_host: true", []),
        ("http://[::1]:9000", ", allow_custom_host: true", []),
        ("http://localhost", "", ["SW203"]),
        ("https://10.0.0.7/realms/acme", "", ["SW203"]),
        ("https://2130706433", "", ["SW203"]),
        ("https://169.254.169.254", "", ["SW203"]),
        ("https://10.0.0.7/realms/acme", ", allow_custom_host: true", []),
        ("http://10.0.0.7/realms/acme", ", allow_custom_host: true", ["SW206"]),
        ("id.acme.com", "", ["SW125"]),
        ("https://id.acme.com", ", tenant: x", ["SW101"]),
    ],
)
def test_s5_s16_the_issuer_is_one_companys_and_speaks_tls(
    tmp_path: Path, issuer: str, more: str, expected: list[str]
) -> None:
    assert codes(tmp_path, issuer, more) == expected


@pytest.mark.security
@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://stalewatch.acme.com", ["SW206"]),
        ("http://10.0.0.7:8080", ["SW206"]),
        ("http://localhost:8080", []),
        ("http://[::1]:8080", []),
    ],
)
def test_s5_people_come_back_over_tls_or_never_leave_the_machine(tmp_path: Path, url: str, expected: list[str]) -> None:
    assert codes(tmp_path, "https://id.acme.com", web=f'web: {{public_url: "{url}"}}\n') == expected


@pytest.mark.security
def test_s40_the_clients_secret_does_not_stand_in_the_file(tmp_path: Path) -> None:
    text = f"{WEB}auth: {{oidc: {{issuer: https://id.acme.com, client_id: x, client_secret: hunter2}}}}"
    found = loaded(tmp_path, text)
    assert {one.code for one in found.diagnostics} == {"SW202"}
    assert "hunter2" not in found.render("en") + found.render("ja")


@pytest.mark.security
def test_s40_a_key_file_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("secret")
    text = "connections: [{id: sf, type: salesforce, auth: {flow: jwt, private_key_file: key.pem}}]"
    for mode, said in ((0o600, []), (0o640, []), (0o644, ["SW202"])):
        key.chmod(mode)
        found = loaded(tmp_path, text)
        assert [one.code for one in found.diagnostics if "key.pem" in one.message["en"]] == said
    key.unlink()
    assert "key.pem" not in str([one.message for one in loaded(tmp_path, text).diagnostics])  # its connector says so
