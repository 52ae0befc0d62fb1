"""The JSON Schema of stalewatch.yaml, for editors. The readers beside this file are what counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stalewatch.domain.forecasting import USUAL
from stalewatch.domain.hooks import EventType
from stalewatch.domain.language.diagnostics import LANGUAGES
from stalewatch.domain.language.model import Mode, Severity
from stalewatch.domain.language.schema.conditions import ANY, Conditions
from stalewatch.domain.language.schema.parts import (
    DURATION,
    NAME,
    NUMBER,
    TEXT,
    WORDS,
    Definitions,
    Schema,
    at_least_one,
    closed,
    listed,
    one_of,
    some,
    suggested,
    whole,
)
from stalewatch.domain.language.schema.rules import Known
from stalewatch.domain.language.schema.trials import calendar_schema
from stalewatch.domain.policies import ACTS
from stalewatch.domain.writebacks import Writeback
from stalewatch.settings.connections import Offered
from stalewatch.settings.reviews import DAYS
from stalewatch.settings.schema_words import TEXTS

_VARIABLE: Final[Schema] = {"type": "string", "pattern": r"\$\{"}
_OFF: Final[Schema] = {"enum": ["off", "no", "none", False]}
_HOURS: Final[Schema] = {"type": "string", "pattern": "^ *[0-9]{1,2}:[0-9]{2} *- *[0-9]{1,2}:[0-9]{2} *$"}
_SHARE: Final[Schema] = {"anyOf": [NUMBER, {"type": "string", "pattern": "%$"}]}
_TIME: Final[Schema] = {"type": "string", "pattern": "^[0-9]{1,2}:[0-9]{2}$"}
_FLAG: Final[Schema] = {"enum": [True, False, "on", "off", "yes", "no"]}
_EQUAL: Final = ("is", "not", "in", "not_in")
_STYLES: Final = ("digest", "immediate")
_CONDITIONS_ONLY: Final = frozenset({"all", "any", "none", "expr"})
"""Words of conditions that routes do not know."""


def project_schema(known: Known, offered: Offered, language: str) -> Schema:
    """The schema of stalewatch.yaml, with captions in a language."""
    definitions = Definitions()
    conditions = Conditions(known.rules, definitions, language)
    return _Project(known, offered, language, definitions, conditions).schema()


def _filled(schema: Schema) -> Schema:
    """A value, or a variable that stands for one."""
    return {"anyOf": [schema, _VARIABLE]}


_WHOLE: Final = _filled({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9_]+$"}]})
_LENGTH: Final = _filled(DURATION)
_SPAN: Final = _filled({"type": "string", "pattern": "^[0-9]{1,5} ?[dwy]$"})


@dataclass(frozen=True, slots=True)
class _Project:
    known: Known
    offered: Offered
    language: str
    definitions: Definitions
    conditions: Conditions = field(repr=False)

    def schema(self) -> Schema:
        parts: dict[str, Schema] = {
            "stalewatch": {"const": 1},
            "database": TEXT,
            "rules": some(TEXT),
            "catalogue": some(TEXT),
            "web": self._section("web", {"public_url": TEXT, "host": TEXT, "port": _WHOLE, "rate_limit": _WHOLE}),
            "secrets": self._section("secrets", {"key": TEXT, "previous": some(TEXT)}),
            "links": self._section("links", {"company": WORDS, "loss_check": _LENGTH, "partner": _LENGTH}),
            **self._reading(),
            **self._speaking(),
            **self._judging(),
            **self._others(),
        }
        return whole(closed(self._captioned("", parts), ("stalewatch",)), self.definitions, "stalewatch.yaml")

    def _captioned(self, section: str, parts: Mapping[str, Schema]) -> dict[str, Schema]:
        lines = {key: TEXTS[f"{section}{key}"][self.language] for key in parts}
        return {key: {"description": lines[key], **part} for key, part in parts.items()}

    def _section(self, name: str, parts: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
        """Keys under a key; left empty it says nothing."""
        return {**closed(self._captioned(f"{name}.", parts), required), "type": ["object", "null"]}

    def _or_off(self, schema: Schema) -> Schema:
        return {"anyOf": [schema, _OFF]}

    def _each(self, name: str, parts: Mapping[str, Schema]) -> Schema:
        """Any names, each with these keys."""
        return {"type": ["object", "null"], "additionalProperties": self._section(name, parts)}

    # ------------------------------------------------------------------------------------------------- reading

    def _reading(self) -> dict[str, Schema]:
        parts: dict[str, Schema] = {
            "id": NAME,
            "type": suggested(self.offered.connectors),
            "every": _LENGTH,
            "auth": {"type": ["object", "null"]},
            "writeback": _filled(one_of(Writeback)),
            "map": {"type": ["object", "null"]},
            "partner_deals": {},
            "own_domains": some(TEXT),
            "base_url": TEXT,
            "allow_custom_host": _filled(_FLAG),
        }
        row = {"type": "object", "properties": self._captioned("connections.", parts), "required": ["id", "type"]}
        return {"connections": listed(row)}

    # ------------------------------------------------------------------------------------------------ speaking

    def _speaking(self) -> dict[str, Schema]:
        people = {"slack": TEXT, "manager": TEXT, "team": TEXT, "language": _filled(one_of(LANGUAGES)), "tz": TEXT}
        people["via"] = one_of(("email", "slack"))
        quiet = {"send_between": _filled(_HOURS), "days": one_of(("calendar", "all")), "respect_slack_dnd": _FLAG}
        counted = ("immediate_per_day", "digests_per_day", "escalations_per_manager_per_day")
        return {
            "notify": self._notify(),
            "people": self._each("people", people),
            "teams": self._each("teams", {"channel": TEXT}),
            "quiet": self._or_off(self._section("quiet", quiet)),
            "budget": self._section("budget", dict.fromkeys(counted, _WHOLE)),
            "routes": listed(self._route()),
            "escalations": {"type": ["object", "null"], "additionalProperties": listed(self._step())},
        }

    def _notify(self) -> Schema:
        email = {"url": TEXT, "from": TEXT, "allow_plain": _filled(_FLAG)}
        ours: dict[str, Schema] = {
            "slack": {"type": ["object", "null"]},
            "email": self._section("notify.email", email, ("url", "from")),
            "operator": self._section("notify.operator", {"channel": TEXT, "email": TEXT}),
        }
        theirs = {name: {"type": ["object", "null"]} for name in self.offered.notifiers if name not in ours}
        return {**closed({**self._captioned("notify.", ours), **theirs}), "type": ["object", "null"]}

    def _to(self) -> Schema:
        return at_least_one({"anyOf": [{"enum": ["owner", "owner.manager", "operator"]}, {"type": "string"}]})

    def _route(self) -> Schema:
        groups = some(one_of(("owner", "deal", "rule", "team", "stage")))
        parts: dict[str, Schema] = {
            "name": TEXT,
            "where": self._where(),
            "to": self._to(),
            "style": one_of(_STYLES),
            "digest": self._section("routes.digest", {"at": _filled(_TIME), "group_by": groups}),
            "on_unknown": one_of(("park", "resend")),
        }
        return closed(self._captioned("routes.", parts), ("to",))

    def _where(self) -> Schema:
        """A route's condition: fields of every object, and what the alert itself is."""
        choices = {"severity": Severity, "watch": self.known.rules.catalogue.objects, "mode": Mode}
        alert: dict[str, Schema] = {name: self._tested(one_of(values)) for name, values in choices.items()}
        alert["rule"] = self._tested(suggested(self.known.ids))
        alert["pack"] = self._tested(suggested(self.known.packs))
        condition = self.conditions.written(ANY, alert)
        kept = {key: part for key, part in condition["properties"].items() if key not in _CONDITIONS_ONLY}
        return self.definitions.add("route-condition", {**condition, "properties": kept})

    def _tested(self, one: Schema) -> Schema:
        many = {"type": "array", "items": one, "minItems": 1}
        both: Schema = {"anyOf": [one, many]}
        return {"anyOf": [one, many, closed(dict.fromkeys(_EQUAL, both))]}

    def _step(self) -> Schema:
        parts: dict[str, Schema] = {
            "after": _LENGTH,
            "to": self._to(),
            "say": one_of(("again",)),
            "style": one_of(_STYLES),
            "stop": _FLAG,
        }
        return closed(self._captioned("escalations.", parts), ("after", "to"))

    # ------------------------------------------------------------------------------------------------- judging

    def _judging(self) -> dict[str, Schema]:
        rollout = {"grace": _LENGTH, "max_new_alerts_per_owner": _WHOLE}
        share = _filled(_SHARE)
        guard = {"share": share, "at_least": _WHOLE}
        named = some(suggested((*self.known.packs, *self.known.ids)))
        silent = {"share": share, "rules": named, "critical": _FLAG}
        both = {
            "rollout": self._or_off(self._section("rollout", rollout)),
            "storm_guard": self._or_off(self._section("storm_guard", guard)),
            "holdout": self._or_off(self._section("holdout", silent, ("share",))),
        }
        known = {name: one_of(Mode) for name in (*self.known.packs, *self.known.ids)}
        modes = {"type": ["object", "null"], "properties": known, "additionalProperties": one_of(Mode)}
        return {"defaults": self._defaults(both), **both, "modes": modes, "calendars": self._calendars()}

    def _defaults(self, both: Mapping[str, Schema]) -> Schema:
        reasons = one_of(("required", "optional"))
        snooze = self._section("defaults.snooze", {"max": _LENGTH, "times": _WHOLE, "reason": reasons})
        parts: dict[str, Schema] = {
            "language": _filled(one_of(("owner", *LANGUAGES))),
            "currency": _filled({"type": "string", "pattern": "^[A-Z]{3}$"}),
            "max_data_age": _LENGTH,
            "mode": one_of(Mode),
            "warn": self._or_off(_LENGTH),
            "keep_for": _LENGTH,
            "reopen_within": _LENGTH,
            "repeat": self._or_off(_LENGTH),
            "snooze": snooze,
        }
        keys = {**self._captioned("defaults.", parts), **self._captioned("", both)}
        return {**closed(keys), "type": ["object", "null"]}

    def _calendars(self) -> Schema:
        use = self._captioned("calendars.", {"use": NAME})
        row = {**self.conditions.written(ANY, use), "required": ["use"]}
        choose = self._captioned("calendars.", {"choose": listed(row)})
        return {
            "type": ["object", "null"],
            "properties": choose,
            "additionalProperties": calendar_schema(self.language),
        }

    # -------------------------------------------------------------------------------------------------- others

    def _others(self) -> dict[str, Schema]:
        needed = ("issuer", "client_id", "client_secret")
        provider = {**dict.fromkeys(needed, TEXT), "hd": some(TEXT), "allow_custom_host": _filled(_FLAG)}
        oidc = self._section("auth.oidc", provider, needed)
        webhook = {
            "url": TEXT, "secret": TEXT, "previous": TEXT, "events": some(one_of(EventType)),
            "allow_custom_host": _FLAG,
        }  # fmt: skip
        return {
            "acted": some(one_of(ACTS)),
            "auth": self._section("auth", {"oidc": oidc, "admins": some(TEXT), "token_sign_in": _filled(_FLAG)}),
            "webhooks": listed(self._section("webhooks", webhook, ("url", "secret"))),
            "heartbeat": self._section("heartbeat", {"url": TEXT, "allow_custom_host": _FLAG}, ("url",)),
            "retention": self._section("retention", dict.fromkeys(("changes", "outbox", "audit"), self._or_off(_SPAN))),
            "reviews": self._reviews(),
            "forecast": self._section(
                "forecast", {"weights": self._section("forecast.weights", dict.fromkeys(USUAL, _filled(_SHARE)))}
            ),
        }

    def _reviews(self) -> Schema:
        both = {"channel": TEXT, "teams": some(TEXT), "at": _filled(_TIME)}
        weekly = self._section("reviews.weekly", {**both, "day": one_of(DAYS)})
        return self._section("reviews", {"weekly": weekly, "monthly": self._section("reviews.monthly", both)})
