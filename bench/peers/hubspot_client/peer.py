"""HubSpot's official client: the search that we make ourselves, through one api object that is kept."""

from __future__ import annotations

import json

from hubspot import HubSpot
from hubspot.crm.deals import PublicObjectSearchRequest

from bench.peers.fetching import Fetch, play


def prepare(url: str, token: str, question: str) -> Fetch:
    client = HubSpot(access_token=token)
    search = client.crm.deals.search_api
    search.api_client.configuration.host = url
    body = json.loads(question)

    def fetch() -> int:
        found, last = 0, "0"
        while True:
            body["filterGroups"][0]["filters"][-1]["value"] = last
            page = search.do_search(public_object_search_request=PublicObjectSearchRequest(**_theirs(body)))
            found += len(page.results)
            if len(page.results) >= page.total:
                return found
            last = page.results[-1].id

    return fetch


def _theirs(body: dict[str, object]) -> dict[str, object]:
    """The same body by the names of its classes."""
    return {"filter_groups": body["filterGroups"], "sorts": body["sorts"], "properties": body["properties"],
            "limit": body["limit"], "after": "0"}  # fmt: skip


if __name__ == "__main__":
    play(prepare)
