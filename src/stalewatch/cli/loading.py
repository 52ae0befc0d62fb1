"""Load a command when it is called."""

from __future__ import annotations

import gc
from importlib import import_module

import click


def loaded(target: str) -> click.Command:
    """A command by `module:name`. Nothing of a module is garbage while it is loaded: to look for some takes a tenth of
    the time."""
    module, _, name = target.partition(":")
    was_on = gc.isenabled()
    gc.disable()
    try:
        found: click.Command = getattr(import_module(module), name)
    finally:
        if was_on:
            gc.enable()
    return found
