"""`links:`, the links that customers and partners get."""

from __future__ import annotations

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
        loss_check=section.duration("loss_check") or usual.loss_check,
        partner=section.duration("partner") or usual.partner,
    )
