"""stalewatch.yaml, read: what the contract shows is understood, and what is wrong is told all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stalewatch.domain.durations import Duration, Unit
from stalewatch.domain.hours import Quiet
from stalewatch.domain.instants import DAY
from stalewatch.domain.language.model import Mode
from stalewatch.domain.policies import Judging, Rollout, StormGuard
from stalewatch.domain.retention import Retention
from stalewatch.domain.route_conditions import Where
from stalewatch.sdk.notifier import Style
from stalewatch.settings import Loaded, Offered, Settings, load

SUITE = Path(__file__).parents[1] / "rules" / "project" / "stalewatch.yaml"
OWN = {"salesforce": ("salesforce.com",), "hubspot": ("hubapi.com",), "csv": ()}
OFFERED = Offered(
    connectors=tuple(OWN),
    notifiers=("console", "slack"),
    connector_hosts=lambda name: OWN[name],
    notifier_hosts=lambda name: ("slack.com",) if name == "slack" else (),
)
Read = Callable[..., Loaded]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads a text as the stalewatch.yaml of a project with a folder of rules; keywords are the environment."""

    def reading(text: str, mode: int = 0o600, **env: str) -> Loaded:
        (tmp_path / "rules").mkdir(exist_ok=True)
        path = tmp_path / "stalewatch.yaml"
        path.write_text(f"stalewatch: 1\n{text}", encoding="utf-8")
        path.chmod(mode)
        return load(path, env, OFFERED)

    return reading


def sound(loaded: Loaded) -> Settings:
    assert [found for found in loaded.diagnostics if found.is_error] == []
    assert loaded.settings is not None
    return loaded.settings


def told(loaded: Loaded) -> list[tuple[str, str]]:
    return [(found.code, found.message["en"]) for found in loaded.diagnostics]


# ----------------------------------------------------------------------------------------- what is understood


def test_mail_is_a_persons_way_and_a_routes_target(read: Read) -> None:
    people = "people:\n  sato@acme.com: {via: email}\n  ito@acme.com: {via: slack}\n"
    speaking = sound(read(f"routes:\n  - to: [owner, 'mail:Ops@acme.com']\n{people}")).speaking
    assert speaking.routes[0].to == ("owner", "mail:ops@acme.com")
    assert [(name, one.by_mail) for name, one in speaking.people.items()] == [
        ("sato@acme.com", True), ("ito@acme.com", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("people: {sato@acme.com: {via: email}}", "sato@acme.com"),
        ("routes: [{to: ['mail:ops@acme.com']}]", "mail:ops@acme.com"),
        ("escalations: {standard: [{after: 3bd, to: ['mail:ops@acme.com']}]}", "mail:ops@acme.com"),
        ("notify: {operator: {email: ops@acme.com}}", "ops@acme.com"),
    ],
    ids=["a person", "a route", "a ladder", "the operator"],
)
def test_letters_that_a_project_does_not_send_are_told(read: Read, text: str, who: str) -> None:
    loaded = read(text)
    assert loaded.settings is not None
    [found] = loaded.diagnostics
    assert (found.code, found.line, found.is_error) == ("SW209", 2, False)
    assert found.message["en"] == f"`{who}` gets no letters: this project sends none"


def test_where_letters_are_sent_nobody_is_warned_of_them(read: Read) -> None:
    loaded = read(
        "people: {sato@acme.com: {via: email}}\nroutes: [{to: ['mail:ops@acme.com']}]\n"
        "notify: {email: {url: 'smtp://localhost', from: a@acme.com}, operator: {email: ops@acme.com}}\n"
    )
    assert "SW209" not in [code for code, _ in told(loaded)]


@pytest.mark.parametrize("target", ["mail:", "mail:ops", "mail:a@b.c,d@e.f", "mail:a@b.c d@e.f", "mail:<a@b.c>"])
def test_a_mailbox_that_is_none_or_several_is_refused(read: Read, target: str) -> None:
    assert [code for code, _ in told(read(f"routes:\n  - to: ['{target}']\n"))] == ["SW204"]


def test_the_suites_project_is_read_as_it_was_written() -> None:
    settings = sound(load(SUITE, {}, OFFERED))
    judging, speaking = settings.judging, settings.speaking
    assert judging.warn == Duration(3, Unit.BUSINESS_DAY)
    assert judging.modes == {"default": Mode.LIVE, "jp_enterprise": Mode.SHADOW}
    assert (judging.rollout, judging.storm_guard) == (Rollout(), StormGuard(share=0.2, at_least=20))
    assert judging.currency == "JPY"
    assert speaking.quiet == Quiet(540, 1110, respects_dnd=True)
    assert [route.name for route in speaking.routes] == ["big deal at stake", "critical", "leads", "everything else"]
    assert speaking.routes[2].digest_at == 9 * 60 + 15
    assert {name: spec.zone for name, spec in settings.calendars.specs.items()} == {
        "tokyo": "Asia/Tokyo",
        "new_york": "America/New_York",
    }
    assert [choice.calendar for choice in settings.calendars.choose] == ["new_york", "tokyo"]
    assert settings.escalations is not None
    assert [len(steps) for steps in settings.escalations.values()] == [3, 2]


REAL_INPUT = """
connections: [{id: maven, type: csv, path: "${STALEWATCH_TEST_DATA}", files: {deals: maven_deals.csv}}]
calendars: {utc: {tz: UTC, hours: "00:00-18:00", days: [mon, tue, wed, thu, fri, sat, sun]}}
quiet: off
storm_guard: off
modes: {default: live}
routes: [{to: [owner], style: digest, digest: {at: "18:00"}}]
"""


@pytest.mark.parametrize("rollout", ["rollout: off\n", "defaults: {rollout: off}\n"])
def test_the_real_input_of_the_first_issue_works_as_it_is_told(read: Read, rollout: str) -> None:
    settings = sound(read(REAL_INPUT + rollout, STALEWATCH_TEST_DATA="/data"))
    [connection] = settings.connections
    assert connection.options == {"path": "/data", "files": {"deals": "maven_deals.csv"}}
    judging, speaking = settings.judging, settings.speaking
    assert (judging.rollout, judging.storm_guard, judging.warn, speaking.quiet) == (None, None, None, None)
    [route] = speaking.routes
    assert (route.to, route.style, route.digest_at) == (("owner",), Style.DIGEST, 18 * 60)
    [calendar] = settings.calendars.specs.values()
    assert (calendar.opens, calendar.closes, len(calendar.days), calendar.holidays) == (0, 1080, 7, None)


def test_an_empty_project_has_what_the_documents_promise(read: Read, tmp_path: Path) -> None:
    settings = sound(read(""))
    assert settings.judging == Judging()
    assert settings.judging.mode is Mode.SHADOW
    assert settings.judging.warn is None
    assert settings.database == f"sqlite:///{tmp_path}/stalewatch.db"
    assert settings.rules == (tmp_path / "rules",)
    [calendar] = settings.calendars.specs.values()
    assert (calendar.zone, calendar.opens, calendar.closes, len(calendar.days)) == ("UTC", 540, 1080, 5)
    assert (settings.web.host, settings.web.port) == ("127.0.0.1", 8080)


CONTRACT = """
database: ${STALEWATCH_DATABASE_URL:-sqlite:///data/watch.db}
rules: [rules/]
web: {public_url: https://stalewatch.acme.com/, host: 0.0.0.0, port: "${PORT:-9000}"}
secrets: {key: "${STALEWATCH_SECRET_KEY}"}
connections:
  - id: sf
    type: salesforce
    auth: {flow: client_credentials, login_url: https://acme.my.salesforce.com, client_secret: "${SF_CLIENT_SECRET}"}
    every: 15m
    writeback: none
    map: {deal: {fields: {pain: Pain__c}, stages: {proposal: [Proposal/Price Quote]}}}
    own_domains: [acme.com]
  - {id: hs, type: hubspot, auth: {flow: token, token: "${HUBSPOT_TOKEN}"}, base_url: "https://api.hubapi.com"}
notify:
  slack: {bot_token: "${SLACK_BOT_TOKEN}", app_token: "${SLACK_APP_TOKEN:-}", base_url: "https://slack.com/api/"}
  email: {url: "${SMTP_URL}", from: stalewatch@acme.com}
  operator: {channel: "#revops", email: ops@acme.com}
people: {Sato@Acme.com: {slack: U012ABC, manager: Tanaka@acme.com, team: tokyo, language: ja}}
teams: {tokyo: {channel: "#sales-tokyo"}}
defaults: {language: ja, mode: live}
modes: {default: live, too-few-people: off}
auth: {oidc: {issuer: "https://id.acme.com", client_id: x, client_secret: "${OIDC}"}, admins: [ops@acme.com]}
webhooks: [{url: "https://hooks.acme.com/x", secret: "${HOOK}", events: [alert.opened]}]
retention: {changes: 730d, outbox: 90d, audit: 7y}
"""
SECRETS = {
    name: f"value of {name}"
    for name in (*("STALEWATCH_SECRET_KEY", "SF_CLIENT_SECRET", "HUBSPOT_TOKEN", "SLACK_BOT_TOKEN", "OIDC", "HOOK"),)
} | {"SMTP_URL": "smtps://watch:hunter2@mail.acme.com", "HOOK": "value of HOOK, long enough"}


def test_every_section_of_the_contract_is_understood(read: Read, tmp_path: Path) -> None:
    loaded = read(CONTRACT, **SECRETS)
    settings = sound(loaded)
    assert loaded.diagnostics == ()
    assert settings.database == f"sqlite:///{tmp_path}/data/watch.db"
    assert (settings.web.port, settings.web.public_url) == (9000, "https://stalewatch.acme.com")
    salesforce, hubspot = settings.connections
    assert salesforce.options["auth"]["client_secret"] == SECRETS["SF_CLIENT_SECRET"]
    assert salesforce.every == Duration(15, Unit.MINUTE)
    assert hubspot.every == Duration(5, Unit.MINUTE)
    assert settings.notify["slack"]["app_token"] is None
    assert settings.secrets == {"key": "value of STALEWATCH_SECRET_KEY"}
    speaking = settings.speaking
    assert speaking.people["sato@acme.com"].manager == "tanaka@acme.com"
    assert (speaking.operator_channel, speaking.operator_email) == ("#revops", "ops@acme.com")
    assert (speaking.channels, speaking.language) == ({"tokyo": "#sales-tokyo"}, "ja")
    assert settings.judging.modes["too-few-people"] is Mode.OFF
    assert settings.retention == Retention(changes=730 * DAY, outbox=90 * DAY, audit=7 * 365 * DAY)


def test_settings_do_not_show_their_secrets(read: Read) -> None:
    shown = repr(sound(read(CONTRACT, **SECRETS)))
    assert "value of" not in shown


def test_what_the_environment_brings_is_text(read: Read) -> None:
    text = "connections: [{id: a, type: csv, password: '${P}', nothing: '${N:-}', literal: '$${P}'}]\n"
    [connection] = sound(read(text, P="0123")).connections
    assert connection.options == {"password": "0123", "nothing": None, "literal": "${P}"}


# ------------------------------------------------------------------------------------------------ what is wrong

MISTAKES = [
    ("databse: x", "SW101", "unknown key `databse` in `stalewatch.yaml`", "did you mean `database`?"),
    ("rules: [nope/]", "SW190", "`nope/` is not there", "make it, or correct the path"),
    ("database: ${NO}", "SW201", "the variable NO is not set", "set it, or give a default: ${NO:-...}"),
    ("web: {port: x}", "SW125", "`port` needs a whole number", "write a number"),
    ("web: {public_url: acme}", "SW125", "`acme` is not a web address", "write it like https://stalewatch.acme.com"),
    (
        "connections: [{id: a, type: salesforc}]",
        "SW200",
        "unknown connection type `salesforc`",
        "did you mean `salesforce`?",
    ),
    (
        "connections: [{id: a, type: csv, evry: 5m}]",
        "SW101",
        "unknown key `evry` in `connections`",
        "did you mean `every`?",
    ),
    ("connections: [{id: a, type: csv, every: 5}]", "SW110", "a number needs a unit", "write `5m`"),
    ("connections: [{type: csv}]", "SW102", "`connections` has no `id:`", "add `id:`"),
    (
        "connections: [{id: a b, type: csv}]",
        "SW125",
        "`a b` cannot be a name",
        "use letters, digits, `-` and `_`, at most 64",
    ),
    (
        "connections: [{id: a, type: csv}, {id: a, type: csv}]",
        "SW107",
        "connection `a` is here twice",
        "keep one; the other is on line 2",
    ),
    ("notify: {slak: {}}", "SW101", "unknown key `slak` in `notify`", "did you mean `slack`?"),
    (
        "notify: {operator: {chanel: x}}",
        "SW101",
        "unknown key `chanel` in `notify.operator`",
        "did you mean `channel`?",
    ),
    ("people: {a@b.c: {tz: Asia/Tokio}}", "SW180", "no time zone `Asia/Tokio`", "write it like Asia/Tokyo"),
    ("defaults: {currency: yen}", "SW125", "`yen` is not a currency", "write its code, such as JPY"),
    ("defaults: {keep_for: soon}", "SW110", "`soon` is not a duration", "write 14d, 10bd, 24h, 4bh, 30m or 2w"),
    ("modes: {default: liv}", "SW105", "`liv` is not a value of default", "did you mean `live`?"),
    ("storm_guard: {share: 200%}", "SW125", "`200%` is not a share", "write it like 20%"),
    ("calendars: {t: {hours: 9-18}}", "SW125", "`9-18` are not hours of a day", 'write them like "09:00-18:00"'),
    ("calendars: {t: {tz: UTC}, choose: [{use: u}]}", "SW180", "no calendar `u`", "define it under `calendars:`"),
    ("calendars: {t: {tz: UTC}, u: {tz: UTC}}", "SW102", "`calendars` has no `choose:`", "add `choose:`"),
    (
        "calendars: {t: {}, choose: [{team: x, use: t}]}",
        "SW180",
        "the last row of `choose` must have no condition; some records would have no calendar",
        "add `- {use: t}` as the last row",
    ),
    ("quiet: {send_between: '09:00'}", "SW125", "`09:00` are not hours of a day", 'write them like "09:00-18:00"'),
    ("routes: [{to: [ownr]}]", "SW204", "unknown route target `ownr`", "did you mean `owner`?"),
    ("routes: [{style: digest}]", "SW102", "`routes` has no `to:`", "add `to:`"),
    ("routes: [{to: owner, digest: {at: '25:00'}}]", "SW125", "`25:00` is not a time of day", "write it like 09:30"),
    (
        "routes: [{to: owner, where: {amount: {atleast: 3}}}]",
        "SW106",
        "unknown comparison `atleast`",
        "did you mean `at_least`?",
    ),
    (
        "routes: [{to: owner, where: {any: []}}]",
        "SW103",
        "`any` cannot stand in the `where` of a route",
        "write `field: value`, for example `{stage: proposal}`",
    ),
    (
        "escalations: {standard: [{after: 3bd, to: [boss]}]}",
        "SW204",
        "unknown route target `boss`",
        'owner, owner.manager, operator, a "#channel", or somebody\'s address',
    ),
    ("acted: [snoozd]", "SW105", "`snoozd` is not a value of acted", "did you mean `snoozed`?"),
    ("webhooks: [{url: 'https://x.example'}]", "SW102", "`webhooks` has no `secret:`", "add `secret:`"),
    ("retention: {outbox: 7d}", "SW110", "`7d` is too short for `outbox`", "at least 14d"),
    ("retention: {audit: 300d}", "SW110", "`300d` is too short for `audit`", "at least 365d"),
    ("retention: {changes: 3bd}", "SW110", "`3bd` is not a duration", "write 730d, 26w or 7y; `off` keeps for ever"),
    ("retention: {change: 3d}", "SW101", "unknown key `change` in `retention`", "did you mean `changes`?"),
]


@pytest.mark.parametrize(("text", "code", "message", "cure"), MISTAKES, ids=[mistake[0][:40] for mistake in MISTAKES])
def test_a_mistake_has_its_sentence_and_its_cure(read: Read, text: str, code: str, message: str, cure: str) -> None:
    loaded = read(text)
    assert loaded.settings is None
    [found] = loaded.diagnostics
    assert (found.code, found.message["en"], found.cure["en"], found.line) == (code, message, cure, 2)


def test_all_mistakes_of_a_file_are_told_at_once_in_both_languages(read: Read) -> None:
    loaded = read("\n".join(mistake[0] for mistake in MISTAKES if mistake[0].startswith(("w", "q", "m", "ac"))))
    assert len(loaded.diagnostics) >= 6
    english, japanese = loaded.render("en"), loaded.render("ja")
    assert english.count(": error SW") == japanese.count(": error SW")
    assert "stalewatch.yaml:2:13: error SW125" in english
    assert "は時間帯として読めません" in japanese


def test_a_file_that_is_not_yaml_is_read_to_its_end(read: Read) -> None:
    loaded = read("web: {port: 1\nmodes: {default: liv}\n")
    assert "SW001" in [code for code, _ in told(loaded)]
    assert loaded.settings is None


@pytest.mark.parametrize("bomb", ["a: &a [x]\nb: *a\n", f"x: {'[' * 40}{']' * 40}\n", f"x: {'y' * 300_000}\n"])
def test_bombs_are_refused(read: Read, bomb: str) -> None:
    assert {"SW006", "SW007"} & {code for code, _ in told(read(bomb))}


# ----------------------------------------------------------------------------------------------- hosts, secrets

HUBSPOT = "connections: [{{id: hs, type: hubspot, base_url: {url}{meant}}}]\n"


@pytest.mark.parametrize("url", ["https://api.hubapi.com", "https://hubapi.com:443/x"])
def test_a_vendors_own_host_needs_no_permission(read: Read, url: str) -> None:
    sound(read(HUBSPOT.format(url=url, meant="")))


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9", "https://hubapi.com.evil.example", "https://evilhubapi.com", "http://api.hubapi.com"],
)
def test_a_token_is_not_sent_to_another_host_unless_it_is_meant(read: Read, url: str) -> None:
    assert [code for code, _ in told(read(HUBSPOT.format(url=url, meant="")))] == ["SW203"]
    sound(read(HUBSPOT.format(url=url, meant=", allow_custom_host: true")))


def test_the_login_and_slack_are_held_to_it_as_well(read: Read) -> None:
    login = "connections: [{id: sf, type: salesforce, auth: {login_url: 'https://evil.example'}}]\n"
    slack = "notify: {slack: {base_url: 'http://127.0.0.1:8/'}}\n"
    assert [code for code, _ in told(read(login + slack))] == ["SW203", "SW203"]


CLEAR = "notify: {slack: {bot_token: xoxb-hunter2}}\ndatabase: postgresql://me:hunter2@host/db\n"


@pytest.mark.security
def test_s40_a_secret_in_clear_is_warned_of_and_not_repeated(read: Read) -> None:
    loaded = read(CLEAR)
    assert told(loaded) == [
        ("SW202", "`bot_token` holds a secret in clear"),
        ("SW202", "`database` holds a secret in clear"),
    ]
    assert loaded.settings is not None
    assert "hunter2" not in loaded.render("en")


@pytest.mark.security
def test_s40_a_secret_that_everybody_can_read_is_refused(read: Read) -> None:
    loaded = read(CLEAR, mode=0o644)
    assert loaded.settings is None
    refusals = [found.message["en"] for found in loaded.diagnostics if found.is_error]
    assert len(refusals) == 2
    assert all(refusal.endswith("can be read by everybody on this machine") for refusal in refusals)


def test_a_default_in_the_file_is_as_clear_as_the_secret_itself(read: Read) -> None:
    assert [code for code, _ in told(read("secrets: {key: '${KEY:-hunter2}'}\n"))] == ["SW202"]


@pytest.mark.security
def test_s40_a_secret_in_a_file_of_its_own_is_read_if_it_is_private(read: Read, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    text = "secrets: {key: 'file:token'}\n"
    assert sound(read(text, mode=0o644)).secrets == {"key": "hunter2"}
    secret.chmod(0o604)
    assert told(read(text)) == [("SW202", "`token` can be read by everybody on this machine")]
    secret.unlink()
    assert told(read(text)) == [("SW201", "the file `token` cannot be read")]


# ------------------------------------------------------------------------------------------- from a stranger


@pytest.mark.security
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "SW006"),
        ("secrets: !!python/object/apply:os.system ['true']\n", "SW006"),
        ("rules: " + "[" * 100_000, "SW007"),
        ("# " + "x" * 300_000, "SW007"),
        ("quiet: off\nquiet: off\n", "SW005"),
    ],
    ids=["bomb", "object", "depth", "size", "twice"],
)
def test_s23_a_configuration_that_goes_too_far_is_refused(read: Read, text: str, code: str) -> None:
    loaded = read(text)
    assert loaded.settings is None
    assert code in [found.code for found in loaded.diagnostics]


@pytest.mark.security
def test_s24_times_and_words_of_a_configuration_are_what_they_look_like(read: Read) -> None:
    settings = sound(
        read(
            "calendars: {t: {tz: UTC, hours: 09:00-17:30, holidays: NO}}\n"
            "routes: [{to: owner, digest: {at: 12:30}, where: {team: NO}}]\n"
        )
    )
    [route] = settings.speaking.routes
    assert route.digest_at == 12 * 60 + 30
    assert isinstance(route.matches, Where)
    assert [test.operand for test in route.matches.tests] == ["NO"]
    [calendar] = settings.calendars.specs.values()
    assert (calendar.opens, calendar.closes, calendar.holidays) == (540, 1050, "NO")


@pytest.mark.security
@pytest.mark.parametrize(
    "text",
    [
        "connections:\n  - id: a\n\ttype: csv\n\tauth:\n\t  token: pat-na1-0123456789\n",
        "connections: [{id: a, auth: {token: pat-na1-0123456789, : ]\n",
        "connections:\n  - auth: {'client_secret': 'pat-na1-0123456789\n",
        "connections:\n  - token: pat-na1-0123456789: x\n",
        "database: postgresql://me:pat-na1-0123456789@db/x: y\n",
    ],
    ids=["tabs", "open bracket", "open quote", "colon", "address"],
)
def test_s28_a_secret_is_not_quoted_even_where_the_file_breaks(read: Read, text: str) -> None:
    for language in ("en", "ja"):
        shown = read(text).render(language)
        assert " error SW" in shown
        assert not any(piece in shown for piece in ("pat-", "na1", "0123", "6789"))
