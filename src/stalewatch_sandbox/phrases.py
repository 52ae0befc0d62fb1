"""The shape of a phrasebook: what a language brings so that a pipeline reads as if people had typed it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """Names and sentences of one language. Pairs are (as written, in ASCII, for addresses).

    Attributes:
        person: family name and given name to a full name.
        company: first word and line of business to a company's name.
        deal: company and project to an opportunity's name.
        day: a date as it is said within a sentence.
        next_steps, notes, agendas: by stage; `{day}` stands for a date.
        facts: by catalogue field, what may stand there.
        losses: word of a loss to the sentence that explains it.
    """

    families: tuple[tuple[str, str], ...]
    givens: tuple[tuple[str, str], ...]
    person: Callable[[str, str], str]
    firsts: tuple[tuple[str, str], ...]
    trades: tuple[tuple[str, str], ...]
    regions: tuple[tuple[str, str], ...]
    company: Callable[[str, str], str]
    deal: Callable[[str, str], str]
    day: Callable[[date], str]
    projects: tuple[str, ...]
    renewals: tuple[str, ...]
    titles: tuple[str, ...]
    partners: tuple[str, ...]
    sources: tuple[str, ...]
    next_steps: Mapping[str, tuple[str, ...]]
    waiting: tuple[str, ...]
    notes: Mapping[str, tuple[str, ...]]
    agendas: Mapping[str, tuple[str, ...]]
    facts: Mapping[str, tuple[str, ...]]
    losses: Mapping[str, str]
