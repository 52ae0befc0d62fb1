"""Secrets: taken from the environment or from files, never from where everybody can read them (security, S40).

`file:/run/secrets/token` as the value of a secret stands for what is in that file.
"""

from __future__ import annotations

import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from stalewatch.domain.language.diagnostics import Findings, cure
from stalewatch.domain.language.nodes import Entry, Mapping, Node, Scalar, Sequence, Source

SECRET_KEYS: Final = frozenset(
    {"token", "bot_token", "app_token", "signing_secret", "client_secret", "refresh_token", "password", "secret"}
    | {"key", "previous", "private_key", "api_key"}
)
"""Keys whose value opens a door. Of an address (`database:`, `url:`) it is the password in it that does."""
_SECRET_FILES: Final = frozenset({"private_key_file"})
"""Keys whose value names a file that does."""
_FILE: Final = "file:"
_PASSWORD: Final = re.compile(r"^[a-z+0-9]+://[^/@:]*:([^/@]+)@", re.ASCII)
_FROM_ENVIRONMENT: Final = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-)?\}")
_WRITTEN: Final = re.compile(
    rf"""(?m)(^[ \t-]*|[{{,][ \t]*)(["']?(?:{"|".join(sorted(SECRET_KEYS))})["']?[ \t]*:[ \t]*["']?)"""
    r"""((?!\$\{|file:)[^\s"',}#]+)"""
)
_PASSWORD_WRITTEN: Final = re.compile(r"()(://[^/@:\s]{0,200}:)((?!\$\{)[^/@\s]{1,200})(?=@)")
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Secrets:
    """Looks at every secret of a file, and reads those that live in files of their own.

    Attributes:
        base: where relative paths start.
        own_mode: the permissions of the configuration file itself.
    """

    base: Path
    file: str
    own_mode: int
    findings: Findings
    clear: list[Scalar] = field(default_factory=list)

    def check(self, node: Node, key: str = "") -> None:
        """Report secrets that stand in the file itself; `node` is as written, before variables are filled in."""
        if isinstance(node, Mapping):
            for entry in node:
                if entry.name != "map":  # its keys are names of fields
                    self.check(entry.value, entry.name)
        elif isinstance(node, Sequence):
            for item in node.items:
                self.check(item, key)
        elif _is_clear(node, key):
            self.clear.append(node)
            self.findings.report("clear_secret", node, cure("use_variable", name=_variable(key)), key=key)
            if is_open(self.own_mode):
                self.findings.report("open_secrets", node, cure("close_file", name=self.file), name=self.file)

    def masked(self, source: Source) -> Source:
        """The file as findings may quote it: every secret in it made of stars."""
        text = source.text
        for node in self.clear:
            span = node.span
            first = source.starts[span.line - 1] + span.column - 1
            text = text[:first] + "*" * span.length + text[first + span.length :]
        for pattern in (_WRITTEN, _PASSWORD_WRITTEN):  # where the file is no YAML, there is no node to find it by
            text = pattern.sub(_starred, text)
        return Source(source.path, text)

    def resolved(self, node: Node, key: str = "") -> Node:
        """The node with `file:` secrets read, after variables were filled in."""
        if isinstance(node, Mapping):
            entries = tuple(Entry(entry.key, self.resolved(entry.value, entry.name)) for entry in node)
            return Mapping(node.span, entries, node.flow)
        if isinstance(node, Sequence):
            return Sequence(node.span, tuple(self.resolved(item, key) for item in node.items), node.flow)
        if key in SECRET_KEYS and node.text.startswith(_FILE):
            return self._read(node)
        if key in _SECRET_FILES:
            self._check_file(node)
        return node

    def _check_file(self, node: Scalar) -> None:
        """A key that others can read is nobody's secret; one that is not there is its connector's to miss."""
        try:
            mode = (self.base / node.text).stat().st_mode
        except (OSError, ValueError):
            return
        if is_open(mode):
            self.findings.report("open_secrets", node, cure("close_file", name=node.text), name=node.text)

    def _read(self, node: Scalar) -> Scalar:
        name = node.text.removeprefix(_FILE).strip()
        path = self.base / name
        try:
            mode = path.stat().st_mode
            text = path.read_bytes()[:_MOST_BYTES].decode("utf-8").strip()
        except (OSError, UnicodeDecodeError, ValueError):
            self.findings.report("no_secret_file", node, cure("make_it"), name=name)
            return node
        if is_open(mode):
            self.findings.report("open_secrets", node, cure("close_file", name=name), name=name)
        return Scalar(node.span, text, text or None, False, node.raw)


def _starred(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}{'*' * len(found[3])}"


def is_open(mode: int) -> bool:
    """True if everybody on the machine may read the file."""
    return bool(mode & stat.S_IROTH)


def _is_clear(node: Scalar, key: str) -> bool:
    text = node.text.strip()
    if key in SECRET_KEYS:
        return bool(text) and not text.startswith(_FILE) and not _FROM_ENVIRONMENT.fullmatch(text)
    password = _PASSWORD.match(text)
    return password is not None and "${" not in password[1]


def _variable(key: str) -> str:
    if key == "database":
        return "STALEWATCH_DATABASE_URL"
    return "STALEWATCH_" + re.sub(r"\W", "_", key).upper()
