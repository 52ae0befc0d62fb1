"""Modals and home tabs that the app opened, and the triggers that allow it to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final

from stalewatch_sandbox.slack.blocks import view_findings
from stalewatch_sandbox.slack.errors import Json, Refused, explained
from stalewatch_sandbox.slack.workspace import APP, BOT, TEAM

TRIGGER_LIFE: Final = timedelta(seconds=3)


@dataclass(slots=True)
class View:
    """A modal or a home tab as somebody sees it.

    Attributes:
        errors: what is wrong with what was filled in, by the field's block_id.
        filled: what was filled in, as the page sent it, by the block's number; it stays while there are errors.
        is_troubled: the app's answer to it could not be understood.
        is_as_opened: it was not changed since it was opened.
    """

    id: str
    user: str
    said: dict[str, Any]
    hash: str
    errors: dict[str, str] = field(default_factory=dict)
    filled: dict[int, list[str]] = field(default_factory=dict)
    is_troubled: bool = False
    is_as_opened: bool = True

    @property
    def is_waiting(self) -> bool:
        """It was opened with words alone, as apps do that fill it in a moment later."""
        return self.is_as_opened and not self.is_home and not self.inputs

    @property
    def is_home(self) -> bool:
        """It is a home tab."""
        return self.said.get("type") == "home"

    @property
    def inputs(self) -> set[str]:
        """The block_ids of its fields."""
        blocks = self.said.get("blocks") or []
        return {str(one.get("block_id", f"b{n}")) for n, one in enumerate(blocks) if one.get("type") == "input"}

    def body(self, state: dict[str, Any] | None = None) -> Json:
        """As Slack describes it."""
        return {
            "id": self.id, "team_id": TEAM, "type": self.said.get("type", "modal"), "hash": self.hash,
            "title": self.said.get("title"), "submit": self.said.get("submit"), "close": self.said.get("close"),
            "blocks": self.said.get("blocks", []), "private_metadata": self.said.get("private_metadata", ""),
            "callback_id": self.said.get("callback_id", ""), "external_id": self.said.get("external_id", ""),
            "state": {"values": state or {}}, "clear_on_close": bool(self.said.get("clear_on_close")),
            "notify_on_close": bool(self.said.get("notify_on_close")), "previous_view_id": None,
            "root_view_id": self.id, "app_id": APP, "bot_id": BOT, "app_installed_team_id": TEAM,
        }  # fmt: skip


class Views:
    """What is open, at most one modal per person."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._open: dict[str, View] = {}
        self._homes: dict[str, View] = {}
        self._triggers: dict[str, tuple[str, datetime]] = {}
        self._numbers = count(1)

    def trigger(self, user: str) -> str:
        """What a person's click allows the app for three seconds."""
        id_ = f"{next(self._numbers)}.0.{user}"
        self._triggers[id_] = (user, self._now())
        return id_

    def opened(self, trigger: str, said: object) -> View:
        """Open a modal; raises Refused if the trigger is spent or the view breaks a rule."""
        if trigger not in self._triggers:
            raise Refused("invalid_trigger_id")
        user, at = self._triggers[trigger]
        if self._now() - at > TRIGGER_LIFE:
            raise Refused("expired_trigger_id")
        view = View(self._id(), user, _checked(said), self._hash())
        del self._triggers[trigger]
        self._open[view.id] = view
        return view

    def updated(self, id_: str, external_id: str, hash_: str, said: object) -> View:
        """Change an open view; raises Refused if there is none, or if it changed meanwhile."""
        view = self._open.get(id_) or self._external(external_id)
        if view is None:
            raise Refused("not_found")
        if hash_ and hash_ != view.hash:
            raise Refused("hash_conflict")
        view.said, view.hash = _checked(said), self._hash()
        view.errors, view.filled, view.is_troubled, view.is_as_opened = {}, {}, False, False
        return view

    def published(self, user: str, said: object, hash_: str = "") -> View:
        """Set somebody's home tab; raises Refused if it is none, or changed since it had this hash."""
        before = self._homes.get(user)
        if hash_ and before is not None and hash_ != before.hash:
            raise Refused("hash_conflict")
        view = View(before.id if before else self._id(), user, _checked(said), self._hash())
        if not view.is_home:
            raise explained("invalid_arguments", ["must be a valid enum value [json-pointer:/view/type]"])
        self._homes[user] = view
        return view

    def modal_of(self, user: str) -> View | None:
        """The modal that somebody has open, the newest if there are several."""
        mine = [view for view in self._open.values() if view.user == user]
        return mine[-1] if mine else None

    def home_of(self, user: str) -> View | None:
        """Somebody's home tab."""
        return self._homes.get(user)

    def find(self, id_: str) -> View | None:
        """An open modal or a home tab by its id."""
        return self._open.get(id_) or next((home for home in self._homes.values() if home.id == id_), None)

    def close(self, id_: str) -> None:
        """A modal is closed; twice is once."""
        self._open.pop(id_, None)

    def _external(self, external_id: str) -> View | None:
        found = (view for view in self._open.values() if external_id and view.said.get("external_id") == external_id)
        return next(found, None)

    def _id(self) -> str:
        return f"V{next(self._numbers):08}"

    def _hash(self) -> str:
        return f"{int(self._now().timestamp())}.{next(self._numbers)}"


def _checked(said: object) -> dict[str, Any]:
    found = list(view_findings(said))
    if found or not isinstance(said, dict):
        raise explained("invalid_arguments", found)
    return said
