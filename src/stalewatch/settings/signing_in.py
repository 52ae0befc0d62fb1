"""`auth:`, how people sign in to the dashboard; who is an admin there is read with the people (`speaking.py`)."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

from stalewatch.domain.language.diagnostics import cure
from stalewatch.sdk.addresses import address_of
from stalewatch.settings.project import Oidc, SigningIn, Web
from stalewatch.settings.section import Section

_KEYS: Final = ("issuer", "client_id", "client_secret")
_ENTRA: Final = ("login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn")
_ANY_TENANT: Final = frozenset({"common", "organizations", "consumers"})
_OWN_TENANT: Final = "https://{host}/TENANT_ID/v2.0"


def read_signing_in(auth: Section | None, web: Web) -> SigningIn:
    """The section; people sign in with a provider only if everything that this takes is there."""
    if auth is None:
        return SigningIn()
    auth.only("oidc", "admins", "token_sign_in")
    oidc = auth.inner("oidc")
    return SigningIn(oidc=None if oidc is None else _provider(oidc, web), with_tokens=auth.flag("token_sign_in"))


def _provider(section: Section, web: Web) -> Oidc | None:
    section.only(*_KEYS, "hd", "allow_custom_host")
    section.need(*_KEYS)
    issuer, client, secret = section.address("issuer"), section.text("client_id"), section.text("client_secret")
    is_meant = section.flag("allow_custom_host")
    if issuer is not None:
        _check_issuer(section, issuer, is_meant=is_meant)
    _check_return(section, web)
    if issuer is None or not client or not secret:
        return None
    return Oidc(
        issuer=section.text("issuer") or "", client_id=client, client_secret=secret,
        hd=frozenset(name.lower() for name in section.names("hd")), allow_custom_host=is_meant,
    )  # fmt: skip


def _check_issuer(section: Section, issuer: SplitResult, *, is_meant: bool) -> None:
    """It is on the open internet and speaks TLS, unless somebody means it otherwise; and it is one company's."""
    host, place = issuer.hostname or "", section.at("issuer")
    literal = address_of(host)
    is_private = is_loopback(host) or (literal is not None and not literal.is_global)
    if is_private and not is_meant:
        section.findings.report("foreign_host", place, cure("custom_host"), name=host)
    elif issuer.scheme != "https" and not is_loopback(host):
        section.findings.report("plain_address", place, cure("write_https"), key="issuer")
    if host in _ENTRA and issuer.path.strip("/").partition("/")[0].lower() in _ANY_TENANT:
        remedy = cure("own_tenant", address=_OWN_TENANT.format(host=host))
        section.findings.report("any_tenant", place, remedy, text=section.text("issuer") or "")


def _check_return(section: Section, web: Web) -> None:
    """People are sent back to `web.public_url` and nowhere else; what they bring must not be read on the way."""
    if web.public_url is None:
        section.findings.report("no_public_url", section.node, cure("add_public_url"))
    elif not web.public_url.startswith("https://") and not is_loopback(urlsplit(web.public_url).hostname or ""):
        section.findings.report("plain_address", section.node, cure("write_https"), key="web.public_url")


def is_loopback(host: str) -> bool:
    """Whether a host, without brackets and port, is this machine."""
    literal = address_of(host)
    return host.lower() == "localhost" or (literal is not None and literal.is_loopback)
