"""views.*: modals and home tabs."""

from __future__ import annotations

import json
from typing import Any, Final

from stalewatch_sandbox.slack.call import Call
from stalewatch_sandbox.slack.errors import Json, Refused, explained
from stalewatch_sandbox.slack.views import View
from stalewatch_sandbox.slack.workspace import Blocks, Entry

_LARGEST: Final = 250_000


def open_(call: Call) -> Json:
    """views.open: within three seconds of a click."""
    trigger = call.arguments.required("trigger_id")
    view = call.views.opened(trigger, call.arguments.structure("view"))
    return _told(call, view)


def update(call: Call) -> Json:
    """views.update: by id or external id, and with a hash only if nobody else changed it."""
    arguments = call.arguments
    view = call.views.updated(
        arguments.text("view_id"), arguments.text("external_id"), arguments.text("hash"), arguments.structure("view")
    )
    return _told(call, view)


def publish(call: Call) -> Json:
    """views.publish: somebody's home tab."""
    if not call.workspace.has_home:
        raise Refused("not_enabled")
    user = call.workspace.users.get(call.arguments.required("user_id"))
    if user is None or user.is_deleted or user.is_bot:
        raise explained("invalid_arguments", ["invalid `user_id`"])
    said, hash_ = call.arguments.structure("view"), call.arguments.text("hash")
    if len(json.dumps(said)) > _LARGEST:
        raise Refused("view_too_large")
    return _told(call, call.views.published(user.id, said, hash_))


def _told(call: Call, view: View) -> Json:
    blocks: Blocks = view.said.get("blocks", [])
    title: Any = view.said.get("title") or {}
    workspace = call.workspace
    workspace.ledger.append(
        Entry(
            kind="home" if view.is_home else "view", at=workspace.now(), user=view.user, ts=view.id,
            text=str(title.get("text", "")), blocks=blocks,
        )
    )  # fmt: skip
    return {"ok": True, "view": view.body()}
