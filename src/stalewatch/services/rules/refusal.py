"""What was saved and cannot be judged by: what the page, `/readyz` and the operator's message say of it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from stalewatch.domain.language.model import Words
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.rules.rulefiles import Checked


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Saved rules that are not in force, because they have errors; those from before stay.

    Attributes:
        place: `file:line:col` of the first error, from the project's folder; only the file if it could not be read.
        code: of the first error (SWnnn); "" if the file could not be read.
        what: what is wrong there, per language.
        errors: how many there are.
        is_configuration: it is in stalewatch.yaml, whose values are not for everybody's eyes.
    """

    place: str
    code: str
    what: Words
    errors: int
    is_configuration: bool = False

    @classmethod
    def of(cls, checked: Checked, config: Path) -> Refused:
        """The refusal of a project that was checked and has errors."""
        errors = [found for found in checked.diagnostics if found.is_error]
        first = errors[0]
        return cls(
            place=f"{in_project(config, first.file)}:{first.line}:{first.column}",
            code=first.code,
            what=first.message,
            errors=len(errors),
            is_configuration=Path(first.file) == config,
        )

    @classmethod
    def unread(cls, config: Path, error: ConfigurationError) -> Refused:
        """The refusal of a configuration that is not there, or cannot be read."""
        return cls(place=config.name, code="", what={"en": error.what, "ja": error.what}, errors=1)

    def line(self) -> str:
        """For machines and logs, in English; nothing of what stalewatch.yaml holds."""
        code = f"error {self.code}" if self.code else "error"
        what = "" if self.is_configuration else f": {self.what['en']}"
        more = f" ({self.errors} errors)" if self.errors > 1 else ""
        return f"rules: {self.place}: {code}{what}{more}; the rules from before stay in force"


def in_project(config: Path, file: str) -> str:
    """A file's name as the folder of the project's configuration has it; of one outside of it only the name."""
    path = Path(file).absolute()
    folder = config.absolute().parent
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else path.name
