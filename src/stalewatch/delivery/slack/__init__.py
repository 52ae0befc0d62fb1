"""Slack: one message a person or channel, found again by its metadata when a reply was lost."""

from __future__ import annotations

from typing import Final

from stalewatch.sdk.notifier import Notifier, NotifierSettings

HOSTS: Final = ("slack.com",)
"""The host that is Slack's own; any other needs `allow_custom_host: true`."""


def connect(settings: NotifierSettings) -> Notifier:
    """Make the notifier of `notify.slack`; nothing is called yet.

    Raises:
        ConfigurationError: if its options cannot be used.
    """
    from stalewatch.delivery.slack.notifier import SlackNotifier  # noqa: PLC0415  # slack_sdk, when Slack is used

    return SlackNotifier(settings)
