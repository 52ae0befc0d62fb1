"""Old and new addresses of the same thing: /crm/v3/objects/deals and /crm/objects/2026-09/deals."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

DATED: Final = ("2026-03", "2026-09")
LEGACY: Final = ("v3", "v4")
_AREAS: Final = ("objects", "associations", "owners", "pipelines", "properties")


def place(path: str) -> tuple[str, ...]:
    """What a path means, without its version: ("objects", "deals", "search"); () if it means nothing."""
    parts = tuple(unquote(part) for part in path.split("/") if part)
    match parts:
        case ("crm", version, area, *rest) if version in LEGACY and area in _AREAS:
            is_v4 = area == "associations" or "associations" in rest
            return (area, *rest) if is_v4 == (version == "v4") else ()
        case ("crm", area, version, *rest) if version in DATED and area in _AREAS:
            return (area, *rest)
        case ("account-info" as area, version, *rest) if version in (*DATED, "v3"):
            return (area, *rest)
        case ("oauth", "v2", "private-apps", "get", "access-token-info"):
            return ("oauth", "access-token-info")
        case ("oauth" as area, version, *rest) if version in (*DATED, "v1", "v3"):
            return (area, *rest)
        case _:
            return ()
