"""`stalewatch rules promote`: from shadow to live, after showing what shadow would have said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Final

import click

from stalewatch import wiring
from stalewatch.cli.asking import reader_of
from stalewatch.cli.invocation import Invocation, command
from stalewatch.cli.printing import as_json, say
from stalewatch.cli.projects import open_project, present
from stalewatch.cli.promotion_sheet import PromotionSheet, as_data
from stalewatch.cli.saving import save
from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.instants import to_us
from stalewatch.domain.language.model import Mode, RuleSet
from stalewatch.domain.language.nearest import nearest
from stalewatch.domain.language.switching import ByHandError, switched
from stalewatch.sdk.errors import ConfigurationError
from stalewatch.services.reporting.shadowing import Shadowed, open_alerts, shadowed
from stalewatch.services.rules.rulebook import Rulebook
from stalewatch.wiring import BrokenProject, Stalewatch

_DAYS: Final = 30


@command("promote")
@click.argument("name", metavar="RULE|PACK")
@click.option("--to", "mode", type=click.Choice([mode.value for mode in Mode]), default=Mode.LIVE.value,
              show_default=True, help="The mode that is written.")  # fmt: skip
@click.option("--yes", is_flag=True, help="Write without asking.")
@click.option("--days", type=click.IntRange(1, 366), default=_DAYS, show_default=True,
              help="How far to look back.")  # fmt: skip
def promote(invocation: Invocation, name: str, mode: str, yes: bool, days: int) -> int:
    """Let a rule or a pack speak: show what it would have said in shadow, ask, and write `modes:` in stalewatch.yaml.

    Everything else in the file stays as it is. Exits with 1 if nothing was written.

    \b
    Examples:
      stalewatch rules promote ghosted
      stalewatch rules promote jp_enterprise --yes
      stalewatch rules promote ghosted --to shadow
    """
    with closing(open_project(invocation)) as app:
        change = _Change.of(app, name, Mode(mode), reader_of(app, invocation))
        past = shadowed(app.db, app.rulebook, change.rules, to_us(app.clock.now()), days)
        if change.is_done:
            _tell(invocation, change, past, written=False)
            return 0
        text = change.text(invocation)
        if not invocation.json:
            click.echo("\n".join(change.lines(past)))
        if not (yes or _confirmed(change)):
            click.echo(change.reader.words.gettext("Nothing was written."), err=True)
            return 1
        save(app.settings.path, text)
        _tell(invocation, change, past, written=True)
    return 0


def _confirmed(change: _Change) -> bool:
    question = change.reader.words.gettext("Write `{name}: {mode}` to {file}?")
    said = question.format(name=change.name, mode=change.mode.value, file=change.app.settings.path)
    try:
        return click.confirm(said, err=True)
    except click.Abort:  # nobody is there to answer
        return False


def _tell(invocation: Invocation, change: _Change, past: Shadowed, *, written: bool) -> None:
    if invocation.json:
        as_json({**as_data(past), "name": change.name, "mode": change.mode.value, "written": written})
        return
    words = change.reader.words
    if not written:
        click.echo(words.gettext("{name} is {mode} already.").format(name=change.name, mode=change.mode.value))
        return
    said = words.gettext("Wrote `{name}: {mode}` to {file}.")
    click.echo(said.format(name=change.name, mode=change.mode.value, file=change.app.settings.path))
    click.echo(
        words.gettext("A running `stalewatch serve` takes it up within a minute, everything else when it starts.")
    )


@dataclass(frozen=True, slots=True)
class _Change:
    """A mode that is to be written for some rules; `name` is theirs, or their pack's."""

    app: Stalewatch
    name: str
    rules: tuple[str, ...]
    own: tuple[str, ...]
    mode: Mode
    reader: Reader

    @classmethod
    def of(cls, app: Stalewatch, name: str, mode: Mode, reader: Reader) -> _Change:
        """The rule, or the pack without those of its rules that have an entry of their own.

        Raises:
            ConfigurationError: there is no such rule or pack.
        """
        book = app.rulebook
        if book.rules.rule(name) is not None:
            return cls(app, name, (name,), (), mode, reader)
        mine = [rule.id for rule in book.rules.rules if rule.pack == name]
        if not mine:
            raise _unknown(book.rules, name, reader.language)
        own = tuple(rule for rule in mine if rule in book.judging.modes)
        return cls(app, name, tuple(rule for rule in mine if rule not in own), own, mode, reader)

    @property
    def is_done(self) -> bool:
        return bool(self.rules) and all(self.book.modes[rule] is self.mode for rule in self.rules)

    @property
    def book(self) -> Rulebook:
        return self.app.rulebook

    def text(self, invocation: Invocation) -> str:
        """What stalewatch.yaml will say.

        Raises:
            ConfigurationError: a person has to write it.
            BrokenProject: the project would not check clean by it.
        """
        path, words = self.app.settings.path, self.reader.words
        entry = f"{self.name}: {self.mode.value}"
        try:
            text = switched(path.read_bytes().decode("utf-8"), self.name, self.mode)
        except (ByHandError, UnicodeDecodeError) as error:
            line = error.line if isinstance(error, ByHandError) else 1
            raise ConfigurationError(
                words.gettext("this cannot be changed here without guessing"), where=f"{path}:{line}",
                cure=words.gettext("write `{entry}` under `modes:` yourself").format(entry=entry),
            ) from error  # fmt: skip
        after = wiring.examine(invocation.config, present(invocation), text=text)
        if after.rulebook is None:
            raise BrokenProject(after.checked.render(self.reader.language))
        return text

    def lines(self, past: Shadowed) -> Iterator[str]:
        """What the change means."""
        words, reader = self.reader.words, self.reader
        for rule in self.rules:
            yield f"{rule}: {self.book.modes[rule].value} → {self.mode.value}"
        if self.own:
            said = words.gettext("These have a line of their own under `modes:` and keep it: {rules}.")
            yield said.format(rules=reader.listed(self.own))
        yield ""
        if self.mode is Mode.LIVE:
            yield from PromotionSheet(past, self.book.judging.rollout, reader).lines()
            return
        count = open_alerts(self.app.db, self.rules)
        yield words.ngettext(
            "{count} open problem falls silent.", "{count} open problems fall silent.", count
        ).format(count=reader.number(count))  # fmt: skip


def _unknown(rules: RuleSet, name: str, language: str) -> ConfigurationError:
    known = [*(rule.id for rule in rules.rules), *dict.fromkeys(rule.pack for rule in rules.rules)]
    near = nearest(name, known)
    cure = say(language, "did_you_mean", name=near.name) if near else say(language, "no_rule_cure")
    return ConfigurationError(say(language, "no_rule_or_pack", name=name), cure=cure)
