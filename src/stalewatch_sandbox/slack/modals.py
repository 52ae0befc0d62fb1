"""views.*: modals and home tabs."""

from __future__ import annotations

from typing import Any

from stalewatch_sandbox.slack.call import Call
from stalewatch_sandbox.slack.errors import Json
from stalewatch_sandbox.slack.views import View
from stalewatch_sandbox.slack.workspace import Blocks, Entry


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
    user = call.user(call.arguments.required("user_id"))
    return _told(call, call.views.published(user.id, call.arguments.structure("view")))


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
