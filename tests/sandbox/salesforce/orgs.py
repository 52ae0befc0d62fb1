"""Builders of orgs, and clients that talk to them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import requests
from requests.adapters import HTTPAdapter

from stalewatch_sandbox.salesforce.org import Org
from stalewatch_sandbox.salesforce.sandbox import SalesforceSandbox
from tests.network import NO_TLS
from tests.patience import PATIENCE

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
VERSION = "v64.0"


def deal(org: Org, name: str = "Acme", **values: Any) -> str:
    """An opportunity; its id."""
    usual = {"Name": name, "StageName": "Qualification", "CloseDate": date(2026, 6, 30), "Amount": 1_000_000}
    return org.insert("Opportunity", usual | values)


def contact(org: Org, name: str = "Suzuki", **values: Any) -> str:
    """A contact; its id."""
    return org.insert("Contact", {"LastName": name, "Email": f"{name.lower()}@acme.example"} | values)


class Rest:
    """A bare client: a token, and paths under /services/data/v64.0."""

    def __init__(self, sandbox: SalesforceSandbox, client: httpx.Client) -> None:
        self.http, self.sandbox = client, sandbox
        form = {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
        token = client.post("/services/oauth2/token", data=form).raise_for_status().json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, headers: dict[str, str] | None = None, **parameters: str) -> httpx.Response:
        """GET under the data API; a path that begins with /services is taken as it is."""
        base = "" if path.startswith("/services") else f"/services/data/{VERSION}"
        return self.http.get(base + path, params=parameters or None, headers=headers)

    def query(self, soql: str, kind: str = "query", **headers: str) -> Any:
        """The document that answers a query."""
        return self.get(f"/{kind}", {name.replace("_", "-"): value for name, value in headers.items()}, q=soql).json()

    def rows(self, soql: str, kind: str = "query") -> list[dict[str, Any]]:
        """The records of all pages, without their attributes."""
        page = self.query(soql, kind)
        records = list(page["records"])
        while not page["done"]:
            page = self.get(page["nextRecordsUrl"]).json()
            records += page["records"]
        return [{name: value for name, value in one.items() if name != "attributes"} for one in records]

    def error(self, soql: str) -> tuple[int, str, str]:
        """Status, code and last line of the message."""
        answer = self.get("/query", q=soql)
        return answer.status_code, answer.json()[0]["errorCode"], answer.json()[0]["message"].splitlines()[-1]

    def composite(self, *urls: str, all_or_none: bool = False) -> httpx.Response:
        """GET several addresses in one call."""
        parts = [{"method": "GET", "referenceId": f"r{n}", "url": url} for n, url in enumerate(urls)]
        body = {"allOrNone": all_or_none, "compositeRequest": parts}
        return self.http.post(f"/services/data/{VERSION}/composite", content=json.dumps(body))


@contextmanager
def rest(sandbox: SalesforceSandbox) -> Iterator[Rest]:
    """A logged-in bare client."""
    with httpx.Client(base_url=sandbox.url, timeout=PATIENCE, trust_env=False, verify=NO_TLS) as client:
        yield Rest(sandbox, client)


class ToLoopback(HTTPAdapter):
    """Takes what a client sends to any https host to the sandbox instead: the client itself stays as it is."""

    def __init__(self, url: str) -> None:
        self._host = urlsplit(url).netloc
        super().__init__()

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send, with scheme and host replaced."""
        request.url = urlunsplit(("http", self._host, *urlsplit(request.url or "")[2:]))
        return super().send(request, *args, **kwargs)


def session(sandbox: SalesforceSandbox) -> requests.Session:
    """A requests session that ends in the sandbox."""
    made = requests.Session()
    made.trust_env = False
    made.mount("https://", ToLoopback(sandbox.url))
    return made
