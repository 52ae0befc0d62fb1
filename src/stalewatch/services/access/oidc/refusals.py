"""Why nobody was signed in. What a reader is told is short; the sentence here is for the log."""

from __future__ import annotations

from stalewatch.sdk.errors import StalewatchError


class SignInRefused(StalewatchError):
    """What came back proves nobody: it is not of this attempt, not of this provider, or not good any more."""


class SignInDenied(StalewatchError):
    """The provider itself let nobody in: somebody pressed cancel, or may not use this client."""


class ProviderSilent(StalewatchError):
    """The provider could not be asked, or its answer was none."""
