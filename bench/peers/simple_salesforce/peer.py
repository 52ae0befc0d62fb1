"""simple-salesforce: the query that we make ourselves, page after page."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce

from bench.peers.fetching import Fetch, play


class _Plain(HTTPAdapter):
    """The client insists on https; the simulated org has none."""

    def send(self, request: requests.PreparedRequest, **more: object) -> requests.Response:
        request.url = (request.url or "").replace("https://", "http://", 1)
        return super().send(request, **more)


def prepare(url: str, token: str, question: str) -> Fetch:
    session = requests.Session()
    session.mount("https://", _Plain())
    client = Salesforce(instance=urlsplit(url).netloc, session_id=token, session=session, version="64.0")
    return lambda: sum(1 for _ in client.query_all_iter(question, include_deleted=True))


if __name__ == "__main__":
    play(prepare)
