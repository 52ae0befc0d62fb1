"""stalewatch.yaml to `Settings`, or to every error in it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from stalewatch.domain.language import nodes
from stalewatch.domain.language.diagnostics import Counts, Diagnostic, Findings, cure
from stalewatch.domain.language.nodes import Source
from stalewatch.domain.language.packs import check_version
from stalewatch.domain.language.reading import read
from stalewatch.domain.language.rendering import render
from stalewatch.settings.calendars import read_calendars
from stalewatch.settings.connections import Offered, read_connections, read_notify
from stalewatch.settings.judging import read_judging
from stalewatch.settings.keeping import read_heartbeat, read_retention, read_webhooks
from stalewatch.settings.links import read_links
from stalewatch.settings.project import Settings, Web
from stalewatch.settings.reviews import read_reviews, read_weighting
from stalewatch.settings.routes import read_escalations
from stalewatch.settings.secrets import Secrets
from stalewatch.settings.section import ROOT, Section
from stalewatch.settings.signing_in import read_signing_in
from stalewatch.settings.speaking import read_language, read_speaking
from stalewatch.settings.variables import Variables, environment

SQLITE: Final = "sqlite:///"
_DATABASE: Final = f"{SQLITE}stalewatch.db"
_KEYS: Final = (
    *("stalewatch", "database", "rules", "catalogue", "web", "secrets", "connections", "notify", "people", "teams"),
    *("defaults", "modes", "calendars", "quiet", "budget", "routes", "escalations", "acted", "storm_guard"),
    *("rollout", "holdout", "auth", "webhooks", "retention", "links", "reviews", "forecast", "heartbeat"),
)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of reading a configuration.

    Attributes:
        settings: None if there is an error anywhere.
        draft: what could be understood all the same, to look for further errors with; never to work by.
    """

    settings: Settings | None
    draft: Settings
    diagnostics: tuple[Diagnostic, ...]
    sources: tuple[Source, ...]

    @property
    def has_errors(self) -> bool:
        return any(found.is_error for found in self.diagnostics)

    def render(self, language: str) -> str:
        """The findings as people read them."""
        errors = sum(found.is_error for found in self.diagnostics)
        counts = Counts(len(self.sources), 0, errors, len(self.diagnostics) - errors)
        return render(self.diagnostics, self.sources, language, counts)


def load(
    path: Path, env: Mapping[str, str] | None = None, offered: Offered | None = None, *, text: str | None = None
) -> Loaded:
    """Read a configuration file.

    Args:
        path: the file; relative paths in it start at its folder.
        env: the variables that `${NAME}` stands for; None is the environment of this process.
        offered: the plugins that are installed.
        text: what is to be read in place of what the file says now, as if it stood there.

    Raises:
        OSError: the file cannot be read.
    """
    mode = path.stat().st_mode
    source = Source(str(path), path.read_bytes().decode("utf-8", "replace") if text is None else text)
    findings = Findings()
    reading = read(source, findings)
    if reading.whole:
        check_version(reading, "stalewatch", findings)
    root = reading.root if isinstance(reading.root, nodes.Mapping) else nodes.Mapping(source.whole, ())
    secrets = Secrets(path.absolute().parent, str(path), mode, findings)
    secrets.check(root)
    filled = Variables(environment() if env is None else env, findings).fill(root)
    whole = secrets.resolved(filled)
    assert isinstance(whole, nodes.Mapping)  # noqa: S101 - a mapping stays one
    quoted = secrets.masked(reading.source)  # as it was read: spans count there
    settings = _settings(path, quoted, Section(ROOT, whole, findings), offered or Offered())
    return Loaded(None if findings.has_errors else settings, settings, findings.sorted([source.path]), (quoted,))


def _settings(path: Path, source: Source, root: Section, offered: Offered) -> Settings:
    root.only(*_KEYS)
    base = path.absolute().parent
    web = _web(root.inner("web"))
    speaking = read_speaking(root, web.public_url)
    ladders = read_escalations(root, speaking.people, letters=speaking.by_email)
    modes = root.inner("modes")
    return Settings(
        path=path,
        source=source,
        base=base,
        database=database_address(root.text("database") or _DATABASE, base),
        language=read_language(root) or speaking.language,
        rules=_paths(root, "rules", base) or (base / "rules",),
        catalogue=_paths(root, "catalogue", base),
        connections=read_connections(root, offered),
        judging=replace(read_judging(root, ladders), forecast=read_weighting(root.inner("forecast"))),
        speaking=speaking,
        calendars=read_calendars(root),
        escalations=ladders,
        route_conditions=tuple(node for row in root.rows("routes") if (node := row.get("where"))),
        modes_at=modes.node if modes else None,
        web=web,
        links=read_links(root.inner("links")),
        retention=read_retention(root.inner("retention")),
        reviews=read_reviews(root.inner("reviews"), speaking.channels),
        notify=read_notify(root, offered),
        secrets=_only(root.inner("secrets"), "key", "previous"),
        signing_in=read_signing_in(root.inner("auth"), web),
        hooks=read_webhooks(root),
        heartbeat=read_heartbeat(root.inner("heartbeat")),
    )


def _web(section: Section | None) -> Web:
    if section is None:
        return Web()
    section.only("public_url", "host", "port", "rate_limit")
    url, usual = section.address("public_url"), Web()
    port, rate = section.whole("port"), section.whole("rate_limit")
    return Web(
        host=section.text("host") or usual.host,
        port=usual.port if port is None else port,
        public_url=url.geturl().rstrip("/") if url else None,
        rate_limit=usual.rate_limit if rate is None else rate,
    )


def database_address(url: str, base: Path) -> str:
    """The address with a relative file name resolved against a folder: the configuration's, or the caller's."""
    name = url.removeprefix(SQLITE)
    if name == url or not name or name.startswith(("/", ":")):
        return url
    return f"{SQLITE}{base / name}"


def _paths(root: Section, key: str, base: Path) -> tuple[Path, ...]:
    """Files and folders of the project; one that is not there is an error with its place."""
    found = []
    for node in root.scalars(key):
        path = base / node.text
        if not path.exists():
            root.findings.report("no_such_file", node, cure("make_it"), name=node.text)
        found.append(path)
    return tuple(found)


def _only(section: Section | None, *keys: str) -> dict[str, Any]:
    if section is None:
        return {}
    section.only(*keys)
    return section.data()
