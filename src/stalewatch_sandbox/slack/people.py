"""users.*, dnd.* and auth.test: who is there, and who is asking."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from stalewatch_sandbox.slack.call import Call
from stalewatch_sandbox.slack.errors import Json, Refused
from stalewatch_sandbox.slack.paging import paged
from stalewatch_sandbox.slack.workspace import BOT, BOT_USER, TEAM, User


def auth_test(_: Call) -> Json:
    """auth.test: who the token is for."""
    return {
        "ok": True, "url": "https://sandbox.slack.com/", "team": "Sandbox", "user": "stalewatch", "team_id": TEAM,
        "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False,
    }  # fmt: skip


def lookup_by_email(call: Call) -> Json:
    """users.lookupByEmail: people who were deactivated are not found either."""
    call.require("users:read.email")
    email = call.arguments.required("email", "users_not_found").lower()
    for user in call.workspace.users.values():
        if user.email.lower() == email and not user.is_deleted:
            return {"ok": True, "user": _body(call, user)}
    raise Refused("users_not_found")


def info(call: Call) -> Json:
    """users.info, with the locale if it is asked for."""
    call.require("users:read")
    user = call.user(call.arguments.required("user", "user_not_found"))
    return {"ok": True, "user": _body(call, user)}


def list_(call: Call) -> Json:
    """users.list."""
    call.require("users:read")
    page, after = paged(list(call.workspace.users.values()), call.arguments)
    return {"ok": True, "members": [_body(call, one) for one in page], "response_metadata": {"next_cursor": after}}


def dnd_info(call: Call) -> Json:
    """dnd.info: whether somebody is not to be disturbed."""
    call.require("dnd:read")
    user = call.user(call.arguments.required("user", "user_not_found"))
    if user.dnd is None:
        return {"ok": True, "dnd_enabled": False, "next_dnd_start_ts": 1, "next_dnd_end_ts": 1, "snooze_enabled": False}
    start, end = (int(moment.timestamp()) for moment in user.dnd)
    return {
        "ok": True, "dnd_enabled": True, "next_dnd_start_ts": start, "next_dnd_end_ts": end, "snooze_enabled": False,
    }  # fmt: skip


def _body(call: Call, user: User) -> Json:
    email: Json = {"email": user.email} if "users:read.email" in call.scopes else {}
    body: Json = {
        "id": user.id, "team_id": TEAM, "name": user.name.lower().replace(" ", "."), "deleted": user.is_deleted,
        "real_name": user.name, "is_bot": user.is_bot, "is_app_user": False, "is_restricted": user.is_guest,
        "is_ultra_restricted": False, "is_stranger": user.is_stranger, "is_email_confirmed": True, "updated": 0,
        "profile": {"real_name": user.name, "display_name": user.name, "team": TEAM} | email,
    }  # fmt: skip
    if user.is_deleted:
        return body
    offset = call.workspace.now().astimezone(ZoneInfo(user.zone)).utcoffset()
    body |= {"tz": user.zone, "tz_label": user.zone, "tz_offset": int(offset.total_seconds()) if offset else 0}
    return body | {"locale": user.locale} if call.arguments.flag("include_locale") else body
