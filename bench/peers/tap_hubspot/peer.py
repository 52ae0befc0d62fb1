"""tap-hubspot: its stream of deals, all properties selected, written as Singer messages."""

from __future__ import annotations

import logging

import singer
import tap_hubspot

from bench.peers.fetching import Fetch, play


class _Context:
    """What the tap asks for the catalog of a stream."""

    def __init__(self, entry: dict[str, object]) -> None:
        self._entry = entry

    def get_catalog_from_id(self, _: str) -> dict[str, object]:
        return self._entry


def prepare(url: str, token: str, _: str) -> Fetch:
    logging.disable(logging.INFO)
    tap_hubspot.BASE_URL = url
    tap_hubspot.CONFIG.update(api_key=token, start_date="2020-01-01T00:00:00Z")
    selected = [{"breadcrumb": [], "metadata": {"selected": True}},
                {"breadcrumb": ["properties", "properties"], "metadata": {"selected": True}}]  # fmt: skip
    context = _Context({"stream": "deals", "metadata": selected})
    written = 0
    write = singer.write_record

    def counting(*args: object, **more: object) -> None:
        nonlocal written
        written += 1
        write(*args, **more)

    singer.write_record = counting

    def fetch() -> int:
        nonlocal written
        written = 0
        tap_hubspot.sync_deals({"currently_syncing": "deals"}, context)
        return written

    return fetch


if __name__ == "__main__":
    play(prepare)
