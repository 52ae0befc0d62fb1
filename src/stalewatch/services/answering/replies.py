"""How we answer in Slack somebody who pressed something: by a whisper, or by a form where nothing can be whispered."""

from __future__ import annotations

from dataclasses import dataclass

from stalewatch.delivery.slack import forms
from stalewatch.delivery.slack.errors import FormClosed
from stalewatch.delivery.slack.fields import View
from stalewatch.delivery.slack.interactions import Pressed
from stalewatch.delivery.wording.reader import Reader
from stalewatch.sdk.errors import NotifierError, SlowDown, WorkspaceDown
from stalewatch.services.answering.identity import Slack


@dataclass(frozen=True, slots=True)
class Replies:
    """What is shown to one person alone. Everything here raises a NotifierError if it may be tried again."""

    slack: Slack

    def say(self, pressed: Pressed, title: str, text: str, blocks: list[View], reader: Reader) -> bool:
        """Whisper where they pressed, else open a form with that `title`; False if it is too late for one."""
        if not pressed.channel:
            return self.open(pressed, forms.notice(title, blocks, reader)) is not None
        try:
            self.slack.call(
                "chat.postEphemeral", channel=pressed.channel, user=pressed.user, thread_ts=pressed.thread or None,
                text=text, blocks=blocks,
            )  # fmt: skip
        except (SlowDown, WorkspaceDown):
            raise
        except NotifierError:  # a place where nothing can be whispered
            if self.open(pressed, forms.notice(title, blocks, reader)) is None:
                raise
        return True

    def open(self, pressed: Pressed, view: View) -> str | None:
        """Open a form and return its id; None if it is too late: we were slow, or have come back from a crash."""
        try:
            opened = self.slack.call("views.open", trigger_id=pressed.trigger, view=view)
        except (SlowDown, WorkspaceDown):
            raise
        except NotifierError:  # the trigger is spent
            return None
        return str(opened["view"]["id"])

    def update(self, form: str, view: View) -> bool:
        """Show something else in an open form; False if whoever opened it has closed it."""
        try:
            self.slack.call("views.update", view_id=form, view=view)
        except FormClosed:
            return False
        return True
