"""What App Home and the slash command show to whom: everybody their own list, those above others their team as well.

Whose deals somebody may see is worked out when they look, never before (security, S9, S10, S13): a choice that was
kept counts only as long as they may still make it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol
from urllib.parse import quote

from stalewatch.delivery import glance_words as words_of
from stalewatch.delivery.glances import Data, Glance, Member, Team
from stalewatch.delivery.screens import Painter, Screen
from stalewatch.delivery.slack.commands import WEEK, Asked, Commanded, Word, understood
from stalewatch.delivery.slack.events import Chosen, Opened
from stalewatch.delivery.slack.home import MOST_OPTIONS, Option, Switch, answer, home_view
from stalewatch.delivery.telling import Recipient
from stalewatch.delivery.wording.untrusted import clean
from stalewatch.domain.directory import Directory
from stalewatch.domain.durations import Duration
from stalewatch.sdk.errors import BadContent, TargetGone
from stalewatch.services.answering.identity import Slack
from stalewatch.services.answering.looking import Look, Looking
from stalewatch.services.answering.presses import Done
from stalewatch.store import homes
from stalewatch.store.engine import Connection, Database

MINE, TEAM, ALL = "mine", "team", "all"
_LONGEST_VALUE: Final = 150


class Glances(Protocol):
    """Reads what people have to do (`reporting.glancing`)."""

    def own(self, conn: Connection, people: Directory, owners: Collection[str], now: int, within: Duration) -> Glance:
        """The records of one person, whom these ids name."""
        ...

    def team(
        self, conn: Connection, people: Directory, owners: Collection[str] | None, now: int, within: Duration
    ) -> Team:
        """The people whom these ids name (None: everybody)."""
        ...

    def owning(self, conn: Connection, people: Directory, owners: Collection[str] | None) -> tuple[Member, ...]:
        """Those of them who own open records."""
        ...

    def data(self, conn: Connection, now: int) -> Data:
        """By which data all this is told."""
        ...


@dataclass(frozen=True, slots=True)
class Screens:
    """Shows things to people of one project.

    Attributes:
        looking: says who somebody is and whom they may see.
        respond: sends an answer to the address that came with a command; raises a NotifierError.
        public_url: where the dashboard is; None: screens carry no links.
    """

    db: Database
    slack: Slack
    looking: Looking
    glances: Glances
    respond: Callable[[str, Mapping[str, Any]], None]
    public_url: str | None = None

    def show(self, asked: Opened | Chosen) -> Done:
        """Publish somebody's App Home.

        Raises:
            NotifierError: Slack cannot be asked or told now; it may be tried again.
        """
        look = self.looking.at(asked.user)
        with self.db.write() as conn:
            if isinstance(asked, Chosen):
                homes.choose(conn, asked.user, asked.shows, look.now)
            kept = homes.opened(conn, asked.user, look.now).shows
        with self.db.read() as conn:
            screen, switch = self._home(conn, look, kept)
        return self._published(asked.user, screen, switch)

    def _published(self, user: str, screen: Screen, switch: Switch | None) -> Done:
        """Publish, and if Slack refuses the layout, at least what it comes to and the way to the whole list."""
        bare = replace(screen, parts=(), intro=())
        for shown, view in (("shown", home_view(screen, switch)), ("shown_barely", home_view(bare))):
            try:
                self.slack.call("views.publish", user_id=user, view=view)
            except BadContent:
                continue
            except TargetGone:  # the app has no Home tab
                break
            return Done(shown)
        return Done("gone")  # Slack calls a closed account an invalid argument, too

    def answer(self, asked: Commanded) -> Done:
        """Answer a command; only who typed it sees that.

        Raises:
            NotifierError: Slack cannot be asked or told now; it may be tried again.
        """
        look = self.looking.at(asked.user)
        with self.db.read() as conn:
            said = answer(self._answer(conn, look, understood(asked.text)))
        try:
            self.respond(asked.answer_to, said)
        except TargetGone:  # it came too late for that address: whisper, where the app may
            whisper = {"text": said["text"], "blocks": said["blocks"]}
            try:
                self.slack.call("chat.postEphemeral", channel=asked.channel, user=asked.user, **whisper)
            except TargetGone:
                return Done("gone")
        return Done("answered")

    # ------------------------------------------------------------------------------------------- what they see

    def _home(self, conn: Connection, look: Look, kept: str | None) -> tuple[Screen, Switch | None]:
        if look.is_stranger:
            return self._unknown(look), None
        options = self._options(conn, look)
        chosen = kept if kept in {one.value for one in options} else options[0].value
        label = look.reader.words.gettext("Whose deals?")
        return self._screen(conn, look, chosen), Switch(label=label, options=options, chosen=chosen)

    def _options(self, conn: Connection, look: Look) -> tuple[Option, ...]:
        """What somebody may look at, their team first; one option is no choice."""
        words = look.reader.words
        mine = Option(label=words.gettext("My own deals"), value=MINE)
        if not look.leads_others:
            return (mine,)
        heads = [Option(label=words.gettext("My team"), value=TEAM)] if look.team else []
        if look.who.answers_all:
            heads.append(Option(label=words.gettext("Everybody"), value=ALL))
        owning = self.glances.owning(conn, look.people, look.may_see)
        people = [
            Option(label=clean(one.name), value=one.target)
            for one in owning
            if one.target and one.target not in look.own_targets and len(one.target) <= _LONGEST_VALUE
        ]
        return (*heads, mine, *people)[:MOST_OPTIONS]

    def _screen(self, conn: Connection, look: Look, chosen: str) -> Screen:
        data = self.glances.data(conn, look.now)
        if chosen in (TEAM, ALL):
            return self._team(conn, look, data, everybody=chosen == ALL)
        if chosen == MINE:
            return self._painter(look).own(self._own(conn, look, WEEK), data)
        keys = {one.key for one in look.people.people.values() if one.target == chosen}
        keys = keys or {chosen.removeprefix("person:")}
        seen = keys if look.may_see is None else keys & look.may_see
        glance = self.glances.own(conn, look.people, seen, look.now, WEEK)
        return self._painter(look, chosen).own(glance, data)

    def _answer(self, conn: Connection, look: Look, asked: Asked) -> Screen:
        if look.is_stranger:
            return self._unknown(look)
        if asked.word in (Word.HELP, None):
            return self._help(look, is_understood=asked.word is not None)
        data = self.glances.data(conn, look.now)
        if asked.word is Word.SOON:
            return self._painter(look).soon(self._own(conn, look, asked.within), data)
        if asked.word is Word.TEAM and look.leads_others:
            return self._team(conn, look, data, everybody=not look.team)
        own = self._own(conn, look, WEEK)
        if look.leads_others and not own.owned:  # who sells nothing asks for those who do
            return self._team(conn, look, data, everybody=not look.team)
        mine = self._painter(look).late(own, data)
        return replace(mine, intro=(words_of.no_team(look.reader),)) if asked.word is Word.TEAM else mine

    def _own(self, conn: Connection, look: Look, within: Duration) -> Glance:
        return self.glances.own(conn, look.people, look.who.keys, look.now, within)

    def _team(self, conn: Connection, look: Look, data: Data, *, everybody: bool) -> Screen:
        owners = None if everybody else look.team
        team = self.glances.team(conn, look.people, owners, look.now, WEEK)
        return self._painter(look, "").team(team, data, everybody=everybody)

    def _help(self, look: Look, *, is_understood: bool) -> Screen:
        title = look.reader.words.gettext("What /stalewatch understands")
        lines = words_of.help_lines(look.reader, has_team=look.leads_others)
        before = () if is_understood else (words_of.not_understood(look.reader),)
        return self._painter(look).plain(title, *before, *lines)

    def _unknown(self, look: Look) -> Screen:
        return self._painter(look).plain(*words_of.unknown(look.reader))

    def _painter(self, look: Look, whose: str | None = None) -> Painter:
        """Who paints for somebody: their own list (None), that of a person (their target), or of many ("")."""
        own = look.own_targets[0] if look.own_targets else look.who.actor
        target = own if whose is None else whose
        key = next((one.key for one in look.people.people.values() if target and one.target == target), None)
        recipient = Recipient(
            target=own, address=look.who.actor, key=key, language=look.reader.language, zone=look.reader.zone
        )
        person = look.people.people.get(key or "")
        owner = (person.name if person else target.removeprefix("person:")) if whose else ""
        return Painter(recipient, look.reader, owner, self._link(target))

    def _link(self, target: str) -> str | None:
        if self.public_url is None:
            return None
        asked = f"?owner={quote(target.removeprefix('person:'))}" if target else ""
        return f"{self.public_url.rstrip('/')}/{asked}"
