"""`connections:` and `notify:`: their types, their hosts, and their own options as plain data."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.nearest import nearest
from stalewatch.domain.language.nodes import Scalar, plain
from stalewatch.domain.language.shapes import mapping_of, name_of
from stalewatch.domain.writebacks import Writeback
from stalewatch.settings.project import Connecting
from stalewatch.settings.section import Section

_OURS: Final = ("id", "type", "every")
_USUAL: Final = (*_OURS, "auth", "writeback", "map", "partner_deals", "own_domains", "base_url", "allow_custom_host")
"""Keys that connections have whatever their type; a connector checks those that are its own."""
_WRITEBACK: Final = tuple(one.value for one in Writeback)
_ADDRESSES: Final = ("base_url", "login_url")
_THING: Final = {"en": "connection", "ja": "接続"}
_EMAIL: Final = "email"
_OPERATOR: Final = "operator"


def _nowhere(_: str) -> Collection[str]:
    return ()


@dataclass(frozen=True, slots=True)
class Offered:
    """The plugins that are installed, by name, and the hosts that each calls its own."""

    connectors: Collection[str] = ()
    notifiers: Collection[str] = ()
    connector_hosts: Callable[[str], Collection[str]] = _nowhere
    notifier_hosts: Callable[[str], Collection[str]] = _nowhere


def read_connections(root: Section, offered: Offered) -> tuple[Connecting, ...]:
    """Every connection that says what it is; ids are unique, for they are part of every record's."""
    found: dict[str, Connecting] = {}
    for row in root.rows("connections"):
        connection = _connection(row, offered)
        if connection is None:
            continue
        if connection.id in found:
            remedy = cure("keep_one", line=found[connection.id].line)
            node = row.get("id") or row.node
            row.findings.report("duplicate_name", node, remedy, thing=_THING, name=connection.id)
        found.setdefault(connection.id, connection)
    return tuple(found.values())


def _connection(row: Section, offered: Offered) -> Connecting | None:
    row.need("id", "type")
    identity = name_of("id", row.get("id"), row.findings)
    kind = _type(row, offered)
    _check_misspelt(row)
    writeback = Writeback(row.word("writeback", _WRITEBACK) or Writeback.NONE)
    every = row.duration("every", Unit.MINUTE) or Duration(5, Unit.MINUTE)
    if kind is not None:
        check_hosts(row, offered.connector_hosts(kind))
    if identity is None or kind is None:
        return None
    options = {entry.name: plain(entry.value) for entry in row.node if entry.name not in _OURS}
    words = mapping_of("map", row.node.get("map"), row.findings)
    return Connecting(
        id=identity, type=kind, options=options, every=every, writeback=writeback, line=row.node.span.line, map_at=words
    )


def _check_email(section: Section) -> None:
    """A server and a sender; whether they work is for the notifier to find out."""
    section.only("url", "from", "allow_plain")
    section.need("url", "from")
    section.flag("allow_plain")
    url = section.text("url")
    if url is not None and not url.startswith(("smtps://", "smtp://")):  # not repeated: there is a password in it
        section.findings.report("not_an_address", section.at("url"), cure("mail_server_example"), text="url")


def _type(row: Section, offered: Offered) -> str | None:
    name, node = row.text("type"), row.get("type")
    if name is None or name in offered.connectors or not isinstance(node, Scalar):
        return name
    remedy = cure("one_of", names=", ".join(offered.connectors))
    row.findings.unknown("unknown_connection", node, name, offered.connectors, remedy)
    return None


def _check_misspelt(row: Section) -> None:
    """Keys of a connector are its own to check; a slip in one that all have is ours."""
    for entry in row.node:
        near = nearest(entry.name, _USUAL) if entry.name not in _USUAL else None
        if near is not None:
            row.findings.unknown("unknown_key", entry.key, entry.name, _USUAL, thing=row.title)


def check_hosts(section: Section, own: Collection[str]) -> None:
    """Report addresses that are not the vendor's own: a token must not be sent to anybody else (SW203)."""
    is_meant = section.flag("allow_custom_host")
    for place in _places(section):
        for key in _ADDRESSES:
            address = place.address(key)
            if address is None or is_meant:
                continue
            host = address.hostname or ""
            is_own = any(host == name or host.endswith(f".{name}") for name in own)
            if not (is_own and address.scheme == "https"):
                place.findings.report("foreign_host", place.at(key), cure("custom_host"), name=host)


def _places(section: Section) -> Iterator[Section]:
    yield section
    auth = section.inner("auth")
    if auth is not None:
        yield auth


def read_notify(root: Section, offered: Offered) -> Mapping[str, Mapping[str, Any]]:
    """Per notifier its options."""
    section = root.inner("notify")
    if section is None:
        return {}
    section.only(*offered.notifiers, "slack", _EMAIL, _OPERATOR)
    found = {}
    for key, inner in section.sections():
        if key.text == _EMAIL:
            _check_email(inner)
        if key.text not in (_EMAIL, _OPERATOR):
            check_hosts(inner, offered.notifier_hosts(key.text) if key.text in offered.notifiers else ())
        found[key.text] = inner.data()
    return found
