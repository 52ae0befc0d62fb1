"""`token`, `db` and `fields`, as people call them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from stalewatch import shipped
from stalewatch.services.access import tokens
from stalewatch.store import migrate, people
from stalewatch.store.engine import Database
from tests.cli.conftest import Call

NOW = ("--now", "2026-04-15T09:00:00Z")
LATER = ("--now", "2026-07-15T09:00:00Z")


@pytest.fixture
def project(here: Path, call: Call) -> Path:
    call("init", *NOW)
    return here


# ------------------------------------------------------------------------------------------------------ tokens


@pytest.mark.security
def test_s1_a_token_is_shown_once_and_only_its_hash_is_kept(project: Path, call: Call) -> None:
    made = call("token", "create", "dashboard", *NOW)
    token = made.out.strip()
    assert (made.status, tokens.looks_like_one(token)) == (0, True)
    assert made.err == "This is the only time it is shown; keep it in your secret store.\n"
    listed = call("token", "list", *NOW)
    assert "dashboard  deals:read" in listed.out
    with closing(sqlite3.connect(project / "stalewatch.db")) as conn:
        dump = "\n".join(conn.iterdump())
    for secret in (token, token[4:], token[4:-6]):
        assert secret not in listed.out + dump
    assert tokens.digest(token) in dump


@pytest.mark.usefixtures("project")
def test_a_token_ends_when_it_was_to_end_or_is_revoked(call: Call) -> None:
    call("token", "create", "a", "--expires", "30d", *NOW)
    call("token", "create", "b", "--scope", "alerts:read", "--scope", "alerts:act", *NOW)
    rows = json.loads(call("token", "list", "--json", *LATER).out)
    assert {row["name"]: row["state"] for row in rows} == {"a": "expired", "b": "valid"}
    [second] = [row["id"] for row in rows if row["name"] == "b"]
    assert call("token", "revoke", second, *LATER).out == f"revoked {second}\n"
    again = call("token", "revoke", second, *LATER)
    assert (again.status, again.err.splitlines()[0]) == (1, f"there is no token {second}")
    japanese = call("token", "list", "--lang", "ja", *LATER)
    assert "無効" in japanese.out


@pytest.mark.usefixtures("project")
def test_what_is_no_scope_or_no_duration_is_refused(call: Call) -> None:
    assert call("token", "create", "a", "--scope", "everything").status == 2
    said = call("token", "create", "a", "--expires", "soon")
    assert (said.status, "'soon' is not a duration; write it like 90d" in said.err) == (2, True)
    assert call("token", "list").out == "there is no token\n"


# ---------------------------------------------------------------------------------------------------- database


def test_a_new_sqlite_file_gets_its_schema_by_itself(project: Path, call: Call) -> None:
    newest = migrate.head(shipped.migrations())
    before = call("db", "current", *NOW)
    assert (before.status, before.out) == (0, f"sqlite:///{project}/stalewatch.db: no schema yet\n")
    assert call("token", "list", *NOW).status == 0
    assert call("db", "current", *NOW).out.endswith(f"schema {newest}, up to date\n")
    assert call("db", "upgrade", *NOW).out.endswith("up to date\n")


def at(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STALEWATCH_DATABASE_URL", url)


@pytest.mark.usefixtures("project")
def test_an_empty_postgresql_waits_for_the_upgrade(
    call: Call, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(postgres_url, monkeypatch)
    refused = call("token", "list", *NOW)
    assert refused.status == 1
    assert "the database has no schema yet" in refused.err
    assert "run `stalewatch db upgrade`" in refused.err
    upgraded = call("db", "upgrade", *NOW)
    assert upgraded.status == 0
    assert f"upgraded from nothing to {migrate.head(shipped.migrations())}" in upgraded.out
    assert call("token", "list", *NOW).status == 0
    shown = json.loads(call("db", "current", "--json").out)
    assert shown["schema"] == shown["newest"]


@pytest.mark.usefixtures("project")
def test_a_database_of_a_newer_version_is_left_alone(
    call: Call, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sqlalchemy as sa

    engine = sa.create_engine(Database(migrated_database_url).url)
    with engine.begin() as conn:
        conn.execute(sa.text("update alembic_version set version_num = '9999'"))
    engine.dispose()
    at(migrated_database_url, monkeypatch)
    for words in (("token", "list"), ("db", "upgrade")):
        said = call(*words, *NOW)
        assert (said.status, "upgraded by a newer stalewatch" in said.err) == (1, True)


def test_a_broken_rule_does_not_keep_the_database_from_its_upgrade(project: Path, call: Call) -> None:
    (project / "rules" / "bad.yaml").write_text("stalewatch: 1\nrules: [{id: x}]\n")
    assert call("db", "upgrade", *NOW).status == 0
    refused = call("token", "list", *NOW)
    assert refused.status == 1
    assert "rules/bad.yaml:2:9: error SW102" in refused.err


def test_a_broken_configuration_does(project: Path, call: Call) -> None:
    (project / "stalewatch.yaml").write_text("stalewatch: 1\nquiet: {dys: x}\n")
    said = call("db", "upgrade", *NOW)
    assert (said.status, "unknown key `dys` in `quiet`" in said.err) == (1, True)


# ------------------------------------------------------------------------------------------------------ fields


@pytest.mark.usefixtures("project")
def test_fields_are_listed_as_the_connection_feeds_them(call: Call) -> None:
    said = call("fields", *NOW)
    assert said.status == 0
    assert said.lines[0].split() == ["object", "field", "source", "type", "filled", "example"]
    [amount] = [line.split() for line in said.lines if line.startswith("deal    amount ")]
    assert amount == ["deal", "amount", "deals.csv:", "amount", "money", "100%", "12400000"]
    rows = json.loads(call("fields", "export", "--json", *NOW).out)
    [stage] = [row for row in rows if row["ours"] == "stage"]
    assert (stage["type"], stage["fill_rate"]) == ("choice", 1.0)
    assert "項目" in call("fields", "--lang", "ja", *NOW).lines[0]


@pytest.mark.usefixtures("project")
def test_what_nothing_feeds_is_listed_with_its_reason_and_the_line_to_write(call: Call) -> None:
    said = call("fields", *NOW)
    [agenda] = [line.split(maxsplit=3) for line in said.lines if line.startswith("deal    agenda ")]
    assert agenda == [
        "deal",
        "agenda",
        "text",
        "not mapped  map.deal.fields: {agenda: a field of type text}",
    ]
    assert "export has no records of the kind lead" in said.lines
    assert said.lines[-1].startswith("stalewatch keeps by itself: hold_reason,")
    rows = {(row["object"], row["ours"]): row for row in json.loads(call("fields", "--json", *NOW).out)}
    assert (rows["deal", "agenda"]["state"], rows["lead", "icp_fit"]["state"]) == ("unmapped", "none")
    assert rows["deal", "on_hold"]["state"] == "kept"
    assert "対応付けがありません" in call("fields", "--lang", "ja", *NOW).out


def test_a_connection_that_is_not_there_names_those_that_are(project: Path, call: Call) -> None:
    said = call("fields", "sf", *NOW)
    assert said.status == 1
    assert said.err.splitlines() == ["stalewatch.yaml: there is no connection 'sf'", "  connections: export"]
    text = (project / "stalewatch.yaml").read_text("utf-8")
    before, _, after = text.partition("connections:\n")
    (project / "stalewatch.yaml").write_text(before + "calendars:" + after.partition("calendars:")[2], "utf-8")
    assert call("fields", *NOW).out == "no connection is configured\n"


# ------------------------------------------------------------------------------------------------ people and roles


@pytest.fixture
def company(project: Path, call: Call) -> Path:
    """Sato, who reports to Tanaka."""
    assert "nobody is known yet" in call("user", "ls", *NOW).out
    database = Database(f"sqlite:///{project / 'stalewatch.db'}")
    row = {"connection": "crm", "active": True, "team": None, "zone": None, "language": None}
    with database.write() as conn:
        for name, manager in (("sato", "crm:tanaka"), ("tanaka", None)):
            known = {"id": f"crm:{name}", "external_id": name, "name": name.title(), "manager": manager}
            people.upsert(conn, [{**row, **known, "email": f"{name}@acme.example"}])
    database.dispose()
    return project


@pytest.mark.usefixtures("company")
def test_people_and_their_roles_are_listed_given_and_taken(call: Call) -> None:
    def known() -> dict[str, tuple[str, str, int | None]]:
        rows = json.loads(call("user", "ls", "--json", *NOW).out)
        return {row["address"].partition("@")[0]: (row["role"], row["role_from"], row["sees"]) for row in rows}

    assert known() == {"sato": ("rep", "crm", 1), "tanaka": ("manager", "crm", 2)}
    assert call("user", "grant", "Sato@acme.example", "revops", *NOW).out == "sato@acme.example is revops now\n"
    assert known()["sato"] == ("revops", "hand", None)
    assert "every record" in call("user", "ls", *NOW).out
    assert call("user", "revoke", "sato@acme.example", *NOW).status == 0
    assert known()["sato"] == ("rep", "crm", 1)
    again = call("user", "revoke", "sato@acme.example", *NOW)
    assert (again.status, again.err.splitlines()[0]) == (1, "sato@acme.example has no role that was given")
    assert call("user", "grant", "sato", "revops", *NOW).err.startswith("'sato' is no e-mail address")
    acts = [row["action"] for row in json.loads(call("audit", "ls", "--action", "user", "--json", *NOW).out)]
    assert acts == ["user.revoke", "user.grant"]


def test_an_admin_of_the_file_stays_one(company: Path, call: Call) -> None:
    config = company / "stalewatch.yaml"
    config.write_text(config.read_text() + "\nauth: {admins: [tanaka@acme.example]}\n")
    assert "stalewatch.yaml" in call("user", "ls", *NOW).out
    for word in (("grant", "tanaka@acme.example", "revops"), ("revoke", "tanaka@acme.example")):
        refused = call("user", *word, *NOW)
        assert (refused.status, "by auth.admins of stalewatch.yaml" in refused.err) == (1, True)


@pytest.mark.security
@pytest.mark.usefixtures("company")
def test_s2_a_token_of_a_person_is_for_what_they_may_do(call: Call) -> None:
    assert call("token", "create", "t", "--for", "Tanaka@acme.example", *NOW).status == 0
    too_much = call("token", "create", "t", "--for", "tanaka@acme.example", "--scope", "admin", *NOW)
    assert too_much.err.splitlines()[0] == "tanaka@acme.example is manager and may not admin"
    assert "nobody of ours" in call("token", "create", "t", "--for", "mori@else.example", *NOW).err
    assert call("token", "create", "p", "--deal", "crm:1", "--deal", "crm:2", *NOW).status == 0
    assert call("token", "create", "p", "--deal", "crm:1", "--scope", "deals:read", *NOW).status == 2
    rows = json.loads(call("token", "list", "--json", *NOW).out)
    kinds = {("tanaka@acme.example", "deals:read"), ("crm:1 crm:2", "partner:report")}
    assert {(row["for"], row["scopes"]) for row in rows} == kinds
    acts = json.loads(call("audit", "ls", "--action", "token", "--json", *NOW).out)
    assert {row["action"] for row in acts} == {"token.create"}
