"""Who is at the terminal, for the audit log."""

from __future__ import annotations

import os
import pwd


def actor() -> str:
    """The command line, and the user as the system knows them."""
    try:
        return f"command line ({pwd.getpwuid(os.getuid()).pw_name})"
    except KeyError:  # a container often runs under a number that has no name
        return f"command line ({os.getuid()})"
