"""dlt: a pipeline that reads deals through its REST client and loads them as lines of JSON into a folder."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "CRITICAL"}

import dlt
from dlt.destinations import filesystem
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONLinkPaginator, JSONResponseCursorPaginator

from bench.peers.fetching import Fetch, play

Pages = Callable[[], Iterator[Any]]


def prepare(url: str, token: str, question: str) -> Fetch:
    client = RESTClient(base_url=url, auth=BearerTokenAuth(token))
    pages = _salesforce(client, question) if question.startswith("SELECT") else _hubspot(client, question)

    def fetch() -> int:
        with tempfile.TemporaryDirectory() as folder:
            target = filesystem(bucket_url=Path(folder, "out").as_uri())
            pipeline = dlt.pipeline("deals", destination=target, dataset_name="crm", pipelines_dir=folder)
            pipeline.run(dlt.resource(pages, name="deals")(), loader_file_format="jsonl")
            counts = pipeline.last_trace.last_normalize_info.row_counts
            shutil.rmtree(Path(folder, "out"), ignore_errors=True)
        return int(counts["deals"])

    return fetch


def _hubspot(client: RESTClient, question: str) -> Pages:
    names = ",".join(json.loads(question)["properties"])
    turning = JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_param="after")

    def pages() -> Iterator[Any]:
        yield from client.paginate(
            "/crm/v3/objects/deals", params={"limit": 100, "properties": names}, paginator=turning,
            data_selector="results",
        )  # fmt: skip

    return pages


def _salesforce(client: RESTClient, question: str) -> Pages:
    def pages() -> Iterator[Any]:
        yield from client.paginate(
            "/services/data/v64.0/queryAll", params={"q": question}, data_selector="records",
            paginator=JSONLinkPaginator(next_url_path="nextRecordsUrl"),
        )  # fmt: skip

    return pages


if __name__ == "__main__":
    play(prepare)
