"""What each of Slack's error words means for us: one table, `TABLE`; a word that is not in it may be anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from stalewatch.sdk.errors import (
    BadContent,
    NotifierError,
    NotUnderstood,
    OutcomeUnknown,
    SlowDown,
    TargetGone,
    WorkspaceDown,
)


class ScopeMissing(WorkspaceDown):
    """The app may not do this at all until somebody grants it a permission."""


class NotInChannel(TargetGone):
    """The app is not a member of the channel; a public one can be joined."""


class ThreadGone(TargetGone):
    """The message that was to be answered is not there any more."""


class MessageGone(TargetGone):
    """The message that was to be changed or taken back is not there any more."""


class FormClosed(TargetGone):
    """The form that was to be filled in was closed meanwhile."""


class Unseen(TargetGone):
    """Nobody in the workspace has this address or id; an answer that may change soon."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word means: the error it becomes, what happened, and what to do about it."""

    kind: type[NotifierError]
    what: str
    cure: str | None = None


UNASKED: Final = timedelta(seconds=30)
"""How long we wait if Slack tells us to slow down and not for how long."""
_REINSTALL: Final = "install the app again and put its new token into notify.slack.bot_token"
_INVITE: Final = "name another channel, or invite the app into this one"
_ASK_ADMIN: Final = "ask an administrator of the workspace to allow the app what it needs (docs/slack.md)"
_UPGRADE: Final = "take a newer release of stalewatch, or correct notify.slack.base_url"
_PEOPLE: Final = "name their Slack user id under `people:`"

TABLE: Final[Mapping[str, Meaning]] = {
    # the token, or the whole workspace, is dead
    "token_revoked": Meaning(WorkspaceDown, "the token was revoked", _REINSTALL),
    "token_expired": Meaning(WorkspaceDown, "the token has expired", _REINSTALL),
    "invalid_auth": Meaning(WorkspaceDown, "the token is not valid", _REINSTALL),
    "not_authed": Meaning(WorkspaceDown, "no token arrived", _REINSTALL),
    "account_inactive": Meaning(WorkspaceDown, "the app was removed, or the workspace closed", _REINSTALL),
    "access_denied": Meaning(WorkspaceDown, "the app has no access to the workspace", _ASK_ADMIN),
    "team_access_not_granted": Meaning(WorkspaceDown, "the app has no access to this workspace", _ASK_ADMIN),
    "org_login_required": Meaning(WorkspaceDown, "the workspace is moving into an organization", _ASK_ADMIN),
    "two_factor_setup_required": Meaning(WorkspaceDown, "the workspace asks for a second factor first", _ASK_ADMIN),
    "enterprise_is_restricted": Meaning(WorkspaceDown, "the token is of a whole organization", _REINSTALL),
    "team_added_to_org": Meaning(WorkspaceDown, "the workspace is moving into an organization", _ASK_ADMIN),
    "team_not_found": Meaning(WorkspaceDown, "the workspace is not there any more", _REINSTALL),
    "not_allowed_token_type": Meaning(WorkspaceDown, "this is not the token of a bot", _REINSTALL),
    "method_deprecated": Meaning(WorkspaceDown, "Slack has switched this method off", _UPGRADE),
    "deprecated_endpoint": Meaning(WorkspaceDown, "Slack has switched this method off", _UPGRADE),
    "unknown_method": Meaning(WorkspaceDown, "there is no such method at this address", _UPGRADE),
    # a permission is missing
    "missing_scope": Meaning(ScopeMissing, "a scope is missing", "add it and install the app again (docs/slack.md)"),
    "no_permission": Meaning(ScopeMissing, "the token has no permission for this", _ASK_ADMIN),
    "ekm_access_denied": Meaning(ScopeMissing, "administrators have suspended posting", _ASK_ADMIN),
    "accesslimited": Meaning(ScopeMissing, "this network may not use the method", _ASK_ADMIN),
    # this person or channel cannot be reached
    "is_bot": Meaning(ScopeMissing, "a bot may not do this", _ASK_ADMIN),
    "channel_not_found": Meaning(TargetGone, "there is no such channel for the app", _INVITE),
    "is_archived": Meaning(TargetGone, "the channel is archived", _INVITE),
    "not_in_channel": Meaning(NotInChannel, "the app is not in the channel", _INVITE),
    "user_not_found": Meaning(Unseen, "the workspace knows no such person", _PEOPLE),
    "users_not_found": Meaning(Unseen, "the workspace knows nobody with this address", _PEOPLE),
    "user_disabled": Meaning(TargetGone, "the person's account is closed", _PEOPLE),
    "cannot_dm_bot": Meaning(TargetGone, "this is a bot, not a person", _PEOPLE),
    "messages_tab_disabled": Meaning(
        TargetGone, "the app takes no direct messages", "switch on the Messages tab in the app's App Home"
    ),
    "is_inactive": Meaning(TargetGone, "the conversation is closed", _INVITE),
    "user_not_visible": Meaning(TargetGone, "the app may not see this person", _PEOPLE),
    "user_is_restricted": Meaning(TargetGone, "the app may not join as a guest", _INVITE),
    "user_not_in_channel": Meaning(TargetGone, "the person is not in the channel", _PEOPLE),
    "invalid_user_combination": Meaning(TargetGone, "the person is of another organization", _PEOPLE),
    "users_list_not_supplied": Meaning(TargetGone, "no person was named", _PEOPLE),
    "not_enough_users": Meaning(TargetGone, "no person was named", _PEOPLE),
    "too_many_users": Meaning(TargetGone, "too many people were named", _PEOPLE),
    "too_many_members": Meaning(TargetGone, "the channel is full", _INVITE),
    "method_not_supported_for_channel_type": Meaning(TargetGone, "this is no public channel", _INVITE),
    "channel_type_not_supported": Meaning(TargetGone, "the app cannot write into such a conversation", _INVITE),
    "not_enabled": Meaning(TargetGone, "the app has no Home tab", "switch on the Home tab in the app's App Home"),
    "thread_not_found": Meaning(ThreadGone, "the message to answer is not there any more"),
    "cannot_reply_to_message": Meaning(ThreadGone, "this message takes no answers"),
    "thread_locked": Meaning(ThreadGone, "this message takes no more answers"),
    "restricted_action_non_threadable_channel": Meaning(ThreadGone, "the channel has no threads"),
    "not_found": Meaning(FormClosed, "the form is not open any more"),
    "message_not_found": Meaning(MessageGone, "the message is not there any more"),
    "cant_delete_message": Meaning(TargetGone, "the message is not ours to take back"),
    "compliance_exports_prevent_deletion": Meaning(TargetGone, "the workspace lets nobody take messages back"),
    "cant_update_message": Meaning(TargetGone, "the message is not ours to change"),
    "edit_window_closed": Meaning(TargetGone, "the message is too old to be changed"),
    # slow down
    "ratelimited": Meaning(SlowDown, "Slack asks us to wait"),
    "rate_limited": Meaning(SlowDown, "Slack asks us to wait"),
    "message_limit_exceeded": Meaning(SlowDown, "the workspace is sending too many messages"),
    "external_channel_migrating": Meaning(SlowDown, "the channel is being moved"),
    # the text
    "msg_too_long": Meaning(BadContent, "the message is too long"),
    "msg_blocks_too_long": Meaning(BadContent, "the message is too long"),
    "invalid_blocks": Meaning(BadContent, "the layout was refused"),
    "invalid_blocks_format": Meaning(BadContent, "the layout was refused"),
    "no_text": Meaning(BadContent, "the message has no text"),
    "invalid_arguments": Meaning(BadContent, "the message was refused"),
    "view_too_large": Meaning(BadContent, "the layout was refused"),
    "metadata_too_large": Meaning(BadContent, "the metadata was refused"),
    "metadata_must_be_sent_from_app": Meaning(BadContent, "the metadata was refused"),
    "too_many_attachments": Meaning(BadContent, "the message has too many parts"),
    "too_many_contact_cards": Meaning(BadContent, "the message has too many parts"),
    "invalid_attachments": Meaning(BadContent, "the layout was refused"),
    "block_mismatch": Meaning(BadContent, "the new layout does not fit the old one"),
    "markdown_text_conflict": Meaning(BadContent, "the message was refused"),
    "as_user_not_supported": Meaning(BadContent, "the message was refused"),
    "cant_broadcast_message": Meaning(BadContent, "the message was refused"),
    "no_dual_broadcast_content_update": Meaning(BadContent, "the message was refused"),
    # the request: what we asked makes no sense to Slack
    "invalid_arg_name": Meaning(BadContent, "the request was refused"),
    "invalid_array_arg": Meaning(BadContent, "the request was refused"),
    "invalid_charset": Meaning(BadContent, "the request was refused"),
    "invalid_form_data": Meaning(BadContent, "the request was refused"),
    "invalid_post_type": Meaning(BadContent, "the request was refused"),
    "missing_post_type": Meaning(BadContent, "the request was refused"),
    "invalid_json": Meaning(BadContent, "the request was refused"),
    "json_not_object": Meaning(BadContent, "the request was refused"),
    "invalid_cursor": Meaning(BadContent, "the request was refused"),
    "invalid_limit": Meaning(BadContent, "the request was refused"),
    "invalid_types": Meaning(BadContent, "the request was refused"),
    # nobody knows what became of it
    "fatal_error": Meaning(OutcomeUnknown, "Slack failed on the way"),
    "internal_error": Meaning(OutcomeUnknown, "Slack failed on the way"),
    "service_unavailable": Meaning(OutcomeUnknown, "Slack failed on the way"),
    "update_failed": Meaning(OutcomeUnknown, "Slack failed on the way"),
    "streaming_state_conflict": Meaning(OutcomeUnknown, "the message is still being written"),
    "request_timeout": Meaning(OutcomeUnknown, "Slack did not get the whole request in time"),
}
PREFIXES: Final[Mapping[str, Meaning]] = {
    "restricted_action": Meaning(TargetGone, "the workspace does not let the app post there", _ASK_ADMIN),
    "invalid_metadata": Meaning(BadContent, "the metadata was refused"),
    "invalid_ts": Meaning(BadContent, "the request was refused"),
    "slack_connect": Meaning(BadContent, "administrators do not let this into shared channels", _ASK_ADMIN),
}
"""Families of words: everything that begins so."""
_WORD: Final = re.compile(r"[a-z0-9_]{1,80}")
_SCOPES: Final = re.compile(r"[a-z0-9:._, ]{1,200}")


def meaning(word: str) -> Meaning:
    """What a word means. One that we do not know may stand for a message that arrived, until a look says otherwise."""
    family = next((found for prefix, found in PREFIXES.items() if word.startswith(prefix)), None)
    return (
        TABLE.get(word) or family or Meaning(NotUnderstood, f"Slack answered with a word that we do not know: {word}")
    )


def refusal(method: str, body: Mapping[str, Any], wait: timedelta | None) -> NotifierError:
    """The error for an answer that says `ok: false`.

    Args:
        wait: how long the answer tells us to wait, if it does.
    """
    word, where = body.get("error"), f"slack {method}"
    if not isinstance(word, str) or not _WORD.fullmatch(word):
        return OutcomeUnknown("Slack's answer cannot be read", where=where)
    found = meaning(word)
    if found.kind is SlowDown:
        return SlowDown(found.what, after=wait or UNASKED, where=where)
    return found.kind(found.what + _named(word, body), where=where, cure=found.cure)


def _named(word: str, body: Mapping[str, Any]) -> str:
    """The word itself, or the scope that is missing, so that it can be searched for."""
    needed = body.get("needed")
    if word == "missing_scope" and isinstance(needed, str) and _SCOPES.fullmatch(needed):
        return f": {needed}"
    return "" if meaning(word).kind is NotUnderstood else f" ({word})"
