"""`stalewatch deals partner-link`: a link for the partner of a deal, and the end of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.company import CONFIG, Company
from tests.cli.conftest import Call

PARTNERS = CONFIG.replace("{deals: deals.csv}", "{deals: deals.csv}, partner_deals: {pipeline: [partner]}")
LINKS = """\
web: {public_url: https://stalewatch.acme.example}
secrets: {key: "${STALEWATCH_TEST_KEY}"}
links: {partner: 90d}
"""
EXPORT = """\
deal_id,name,owner,created_on,outcome,pipeline,partner
kumo,Kumo,Sato,2026-03-01,open,partner,Minato
acme,Acme,Sato,2026-03-01,open,new_business,
gone,Gone,Sato,2026-03-01,won,partner,Minato
"""


@pytest.fixture
def company(here: Path, call: Call, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setenv("STALEWATCH_TEST_KEY", "a key of this company that nobody guesses")
    company = Company(here, call)
    company.configure(PARTNERS + LINKS)
    company.export.write_text(EXPORT, encoding="utf-8")
    assert company.does("run", "--once").status == 0
    return company


def test_a_link_is_printed_once_and_what_it_is_beside_it(company: Company) -> None:
    said = company.does("deals", "partner-link", "kumo", "--page", "ja")
    assert said.status == 0, said.err
    [address] = said.lines
    assert address.startswith("https://stalewatch.acme.example/p/")
    assert "For Minato. Good until 14 Jun. It is shown this once." in said.err
    told = json.loads(company.does("deals", "partner-link", "kumo", "--json").out)
    assert told["url"] != address
    assert (told["partner"], told["expires_at"][:10]) == ("Minato", "2026-06-14")
    assert address.encode()[-30:] not in (company.folder / "stalewatch.db").read_bytes()


def test_links_are_revoked_together(company: Company) -> None:
    for _ in range(2):
        company.does("deals", "partner-link", "kumo")
    assert company.does("deals", "partner-link", "kumo", "--revoke").out == "2 links revoked\n"
    assert (
        company.does("deals", "partner-link", "kumo", "--revoke", "--lang", "ja").out == "リンク0件を無効にしました\n"
    )


@pytest.mark.parametrize(
    ("deal", "says"), [("acme", "no partner deal"), ("gone", "closed"), ("nobody", "there is no deal or lead nobody")]
)
def test_where_no_partner_can_report_there_is_no_link(company: Company, deal: str, says: str) -> None:
    said = company.does("deals", "partner-link", deal)
    assert (said.status, said.out) == (1, "")
    assert says in said.err


def test_without_a_key_nobody_could_open_it_and_it_says_what_to_set(company: Company) -> None:
    company.configure(PARTNERS)
    said = company.does("deals", "partner-link", "kumo")
    assert said.status == 1
    assert "`secrets.key`" in said.err
