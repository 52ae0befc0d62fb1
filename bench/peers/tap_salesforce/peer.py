"""tap-salesforce: its stream of opportunities over REST, the fields of our query, written as Singer messages."""

from __future__ import annotations

import logging
import re

from singer import metrics
from tap_salesforce.salesforce import Salesforce, field_to_property_schema
from tap_salesforce.sync import sync_records

from bench.peers.fetching import Fetch, play


def prepare(url: str, token: str, question: str) -> Fetch:
    logging.disable(logging.INFO)
    client = Salesforce(
        refresh_token="-", sf_client_id="-", sf_client_secret="-", api_type="REST",  # noqa: S106  # none is used
        default_start_date="2020-01-01T00:00:00Z", quota_percent_per_run=100, quota_percent_total=100,
    )  # fmt: skip
    client.instance_url, client.access_token = url, token
    entry = _entry(client, set(_fields(question)))

    def fetch() -> int:
        counter = metrics.record_counter("Opportunity")
        sync_records(client, entry, {}, counter)
        return int(counter.value)

    return fetch


def _fields(question: str) -> list[str]:
    """The names that a query selects, without what is in brackets."""
    selected = question[len("SELECT ") : question.rindex(" FROM Opportunity")]
    return re.sub(r"\([^)]*\)", "", selected).replace(" ", "").strip(",").split(",")


def _entry(client: Salesforce, wanted: set[str]) -> dict[str, object]:
    described = [one for one in client.describe("Opportunity")["fields"] if one["name"] in wanted]
    properties = {one["name"]: field_to_property_schema(one, {})[0] for one in described}
    selected = [{"breadcrumb": ["properties", name], "metadata": {"selected": True}} for name in properties]
    key = {"breadcrumb": [], "metadata": {"selected": True, "replication-key": "SystemModstamp",
                                          "table-key-properties": ["Id"]}}  # fmt: skip
    return {
        "stream": "Opportunity", "tap_stream_id": "Opportunity", "metadata": [key, *selected],
        "schema": {"type": "object", "additionalProperties": False, "properties": properties},
    }  # fmt: skip


if __name__ == "__main__":
    play(prepare)
