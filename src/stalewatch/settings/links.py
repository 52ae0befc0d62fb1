"""`links:`, the links that customers and partners get."""

from __future__ import annotations

from stalewatch.domain.durations import Duration
from stalewatch.domain.language.diagnostics import cure
from stalewatch.domain.language.shapes import words_of
from stalewatch.settings.project import Linking
from stalewatch.settings.section import Section


def read_links(section: Section | None) -> Linking:
    """The section, with what it does not say as it usually is."""
    usual = Linking()
    if section is None:
        return usual
    section.only("company", "loss_check", "partner")
    return Linking(
        company=words_of("company", section.get("company"), section.findings),
        loss_check=_life(section, "loss_check", usual.loss_check),
        partner=_life(section, "partner", usual.partner),
    )


def _life(section: Section, key: str, usual: Duration) -> Duration:
    """How long a link is good; one that never is would be a mistake."""
    found = section.duration(key)
    if found is not None and not found.amount:
        section.findings.report("zero_duration", section.at(key), cure("zero_duration"), text=str(found))
    return found or usual
