"""The page: channels and direct messages as a reader sees them, and the modal that is open."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from stalewatch_sandbox.slack.mrkdwn import rendered
from stalewatch_sandbox.slack.shown import Shown
from stalewatch_sandbox.slack.style import CSS
from stalewatch_sandbox.slack.views import View, Views
from stalewatch_sandbox.slack.widgets import said
from stalewatch_sandbox.slack.workspace import Channel, Message, User, Workspace, moment_of

_WORDS: Final = {
    "Channels": "チャンネル", "Direct messages": "ダイレクトメッセージ", "Home": "ホーム", "edited": "編集済み",
    "Only visible to you": "あなただけに表示されています", "Nothing was said here yet.": "まだ何もありません。",
    "seen by": "閲覧者：", "Close": "閉じる", "Send": "送信",
    "Message, or /stalewatch": "メッセージ、または /stalewatch",
    "(optional)": "(任意)",
    "We had some trouble connecting. Try again?": "接続に問題が発生しました。もう一度お試しください。",
}  # fmt: skip

_LIVELY: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks, and at what: a channel, or their home tab if there is none."""

    user: User
    channel: Channel | None

    @property
    def address(self) -> str:
        """The page's query."""
        where = {"channel": self.channel.id} if self.channel else {"home": "1"}
        return "/?" + urlencode({**where, "as": self.user.id})

    def word(self, english: str) -> str:
        """A word of the page in the reader's language."""
        return _WORDS[english] if self.user.locale.startswith("ja") else english


class Page:
    """Makes the HTML; `token` is in each form, so that only this page can send them."""

    def __init__(self, workspace: Workspace, views: Views, token: str) -> None:
        self._workspace, self._views, self._token = workspace, views, token

    def html(self, reader: Reader) -> str:
        """The whole page."""
        modal = self._views.modal_of(reader.user.id)
        wait = self._patience() if modal is None else 1 if modal.is_waiting else 0
        refresh = f'<meta http-equiv="refresh" content="{wait}">' if wait else ""
        lang = html.escape(reader.user.locale[:2])
        title = html.escape(self._name(reader.channel) if reader.channel else reader.word("Home"))
        return (
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">{refresh}'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f"<title>{title} · Slack sandbox</title><style>{CSS}</style></head><body>"
            f"{self._sidebar(reader)}<main>{self._header(reader)}"
            f"{self._messages(reader) if reader.channel else self._home(reader)}</main>"
            f"{self._modal(reader, modal) if modal else ''}</body></html>"
        )

    def _patience(self) -> int:
        """Seconds until the page looks again: seldom when all is quiet, for whoever reads then loses their place."""
        said = self._workspace.ledger
        return 5 if not said or self._workspace.now() - said[-1].at < _LIVELY else 30

    def _sidebar(self, reader: Reader) -> str:
        channels = [one for one in self._workspace.channels.values() if not one.is_direct]
        direct = [one for one in self._workspace.channels.values() if one.is_direct]
        return (
            f"<nav><h1>Slack sandbox</h1><h2>{reader.word('Channels')}</h2>{self._links(reader, channels)}"
            f"<h2>{reader.word('Direct messages')}</h2>{self._links(reader, direct)}"
            f"<h2>stalewatch</h2>{self._way_home(reader)}</nav>"
        )

    def _way_home(self, reader: Reader) -> str:
        """A way to everybody's Home tab: who looks is who they are."""
        mine = [one for one in self._workspace.users.values() if not one.is_bot and not one.is_deleted]
        return "".join(self._home_link(one, reader) for one in mine)

    def _home_link(self, user: User, reader: Reader) -> str:
        current = ' aria-current="page"' if reader.channel is None and user is reader.user else ""
        address = html.escape("/home?" + urlencode({"as": user.id}))
        words = html.escape(f"{reader.word('Home')} · {user.name}")
        return f'<a href="{address}"{current}><span>{words}</span></a>'

    def _links(self, reader: Reader, channels: Sequence[Channel]) -> str:
        shown = []
        for channel in channels:
            user = self._workspace.users[channel.user] if channel.is_direct else reader.user
            count = sum(not one.is_deleted for one in channel.messages.values())
            shown.append(self._link(Reader(user, channel), self._name(channel), reader, count))
        return "".join(shown)

    def _link(self, to: Reader, name: str, reader: Reader, count: int) -> str:
        current = ' aria-current="page"' if to.channel is reader.channel else ""
        number = f'<span class="count">{count}</span>' if count else ""
        return f'<a href="{html.escape(to.address)}"{current}><span>{html.escape(name)}</span>{number}</a>'

    def _header(self, reader: Reader) -> str:
        name = self._name(reader.channel) if reader.channel else f"stalewatch · {reader.word('Home')}"
        by = f"{reader.word('seen by')} {reader.user.name}"
        return f'<header><h2>{html.escape(name)}</h2><span class="as">{html.escape(by)}</span></header>'

    def _messages(self, reader: Reader) -> str:
        channel = reader.channel
        if channel is None:
            return ""
        seen = [
            one
            for _, one in sorted(channel.messages.items(), key=lambda item: moment_of(item[0]))
            if not one.is_deleted and one.only_for in ("", reader.user.id)
        ]
        parents = [one for one in seen if not one.thread]
        shown = ""
        for parent in parents:
            shown += self._message(reader, parent)
            shown += "".join(self._message(reader, one) for one in seen if one.thread == parent.ts)
        empty = f'<p class="empty">{reader.word("Nothing was said here yet.")}</p>'
        return f'<div class="messages latest"><div>{shown or empty}</div></div>{self._composer(reader)}'

    def _message(self, reader: Reader, message: Message) -> str:
        author = self._workspace.users[message.user]
        at = datetime.fromtimestamp(moment_of(message.ts)[0], UTC).astimezone(ZoneInfo(reader.user.zone))
        kinds = " ".join(["message", *["reply"] * bool(message.thread), *["ephemeral"] * bool(message.only_for)])
        notes = ["edited"] * bool(message.edited) + ["Only visible to you"] * bool(message.only_for)
        note = "".join(f'<span class="note">{reader.word(one)}</span>' for one in notes)
        body = self._shown().blocks(message.blocks) if message.blocks else rendered(message.text, self._names())
        app = '<span class="app">APP</span>' if author.is_bot else ""
        return (
            f'<form method="post" action="/press" class="{kinds}">{self._hidden(reader, message.ts)}'
            f'<div class="face" aria-hidden="true">{html.escape(author.name[:1].upper())}</div><div class="body">'
            f'<div><span class="who">{html.escape(author.name)}</span>{app}'
            f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M}</time>{note}</div>{body}</div></form>'
        )

    def _home(self, reader: Reader) -> str:
        view = self._views.home_of(reader.user.id)
        if view is None:
            return f'<div class="messages"><p class="empty">{reader.word("Nothing was said here yet.")}</p></div>'
        body = self._shown().blocks(view.said.get("blocks"))
        return f'<form method="post" action="/press" class="messages">{self._hidden(reader, view.id)}{body}</form>'

    def _modal(self, reader: Reader, view: View) -> str:
        body = replace(self._shown(view), optional=reader.word("(optional)")).blocks(view.said.get("blocks"))
        if view.is_troubled:
            body += f'<p class="wrong" role="alert">{reader.word("We had some trouble connecting. Try again?")}</p>'
        submit = said(view.said.get("submit"))
        close = said(view.said.get("close")) or reader.word("Close")
        go = f'<button class="primary">{html.escape(submit)}</button>' if submit else ""
        return (
            f'<dialog open aria-labelledby="title"><form method="post" action="/submit">{self._hidden(reader, view.id)}'
            f'<header><h2 id="title">{html.escape(said(view.said.get("title")))}</h2></header>'
            f'<div class="content">{body}</div><footer>'
            f'<button formaction="/dismiss" formnovalidate>{html.escape(close)}</button>{go}</footer></form></dialog>'
        )

    def _composer(self, reader: Reader) -> str:
        hint = reader.word("Message, or /stalewatch")
        return (
            f'<form class="say" method="post" action="/say">{self._hidden(reader, "")}'
            f'<input name="text" placeholder="{hint}" aria-label="{hint}" autocomplete="off" required>'
            f"<button>{reader.word('Send')}</button></form>"
        )

    def _hidden(self, reader: Reader, about: str) -> str:
        channel = reader.channel.id if reader.channel else ""
        fields = {"token": self._token, "as": reader.user.id, "channel": channel, "about": about}
        return "".join(f'<input type="hidden" name="{name}" value="{html.escape(v)}">' for name, v in fields.items())

    def _shown(self, view: View | None = None) -> Shown:
        members = {one.id: one.name for one in self._workspace.users.values() if not one.is_bot}
        return Shown(self._names(), members, view.errors if view else {}, view.filled if view else {})

    def _names(self) -> dict[str, str]:
        channels = {one.id: one.name for one in self._workspace.channels.values() if not one.is_direct}
        return {one.id: one.name for one in self._workspace.users.values()} | channels

    def _name(self, channel: Channel | None) -> str:
        if channel is None:
            return ""
        return self._workspace.users[channel.user].name if channel.is_direct else f"#{channel.name}"
