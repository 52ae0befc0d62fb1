"""`/rules/{id}`: one rule as it was written, in words, what it does, and what another text of it would do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from pathlib import PurePosixPath
from typing import Annotated, Final, TypeVar
from urllib.parse import parse_qsl, quote

from fastapi import Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from stalewatch.delivery.wording.reader import Reader
from stalewatch.domain.language.model import Rule
from stalewatch.services.learning.lessons import Asked
from stalewatch.services.learning.looking_back import LookedBack, look_back
from stalewatch.services.reporting.alert_list import AlertFilters, AlertSort, alerts_listed
from stalewatch.services.reporting.reports import Page
from stalewatch.services.reporting.rule_figures import Counted
from stalewatch.services.reporting.rule_list import RuleItem, rule_items
from stalewatch.services.reporting.rule_readers import concerned
from stalewatch.services.rules.sent import Beside, NotRules, Sent
from stalewatch.services.rules.tested import tested
from stalewatch.services.rules.written import Written, written
from stalewatch.web.asking import Reading
from stalewatch.web.auth import Caller
from stalewatch.web.counting import StillCounting
from stalewatch.web.desk import At, Desk
from stalewatch.web.figures import OLDEST_OF_ALL, PATIENCE, Figures, figures_of
from stalewatch.web.pages.addresses import Address
from stalewatch.web.pages.paper import page
from stalewatch.web.pages.rule_past import shown, titles
from stalewatch.web.pages.rule_words import Attempt, RuleWords
from stalewatch.web.pages.rules import figures
from stalewatch.web.problems import Problem
from stalewatch.web.rule_trials import Trial, checked, tried, turns_of

T = TypeVar("T")
RECENT: Final = 10
"""Alerts that are listed."""
LISTED: Final = 10
"""Records of each kind of change that a preview lists."""
_FIELDS: Final = 10

RuleId = Annotated[str, Path(max_length=200, description="Id of the rule.")]


def rule_page(request: Request, desk: At, id: RuleId, _asked: Annotated[Reading, Query()]) -> Response:  # noqa: A002
    """One rule: its text, its words, how its clocks stand, whom it concerns, and what it brings about."""
    return _shown(request, desk, _rule(desk, id), None)


async def try_rule(request: Request, desk: At, id: RuleId) -> Response:  # noqa: A002
    """Check another text of a rule, or try it on the stored records, or take the whole file along; nothing is saved."""
    body = (await request.body()).decode("utf-8", "replace")
    try:
        form = dict(parse_qsl(body, keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise Problem(422, f"A form of ours has at most {_FIELDS} fields.") from None
    return await run_in_threadpool(_tried, request, desk, _rule(desk, id), form)


def _rule(desk: Desk, name: str) -> Rule:
    found = next((rule for rule in desk.project.rulebook.rules.rules if rule.id == name), None)
    if found is None:
        raise Problem(404, "There is no such rule.")
    return found


def _tried(request: Request, desk: Desk, rule: Rule, form: Mapping[str, str]) -> Response:
    own = written(rule, desk.project.rulebook, desk.project.settings)
    if own is None:
        raise Problem(409, "The text of this rule is not known here.")
    text = form.get("text", "").replace("\r\n", "\n")
    if form.get("do") == "download":
        name = quote(PurePosixPath(own.save_as).name)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}", "Cache-Control": "no-store"}
        return Response(own.put_in(text), headers=headers, media_type="application/yaml; charset=utf-8")
    return _shown(request, desk, rule, _attempt(request, desk, own, text, is_tried=form.get("do") == "preview"))


def _attempt(request: Request, desk: Desk, own: Written, text: str, *, is_tried: bool) -> Attempt:
    turns = turns_of(request)
    try:
        sent = Sent({own.save_as: own.put_in(text)}, Beside.PROJECT)
        if not is_tried:
            return Attempt(text, checked(desk, turns, sent))
        with turns.preview() as watch:
            found = tried(desk, sent, watch, desk.visible(request), LISTED)
            if isinstance(found, Trial):
                return Attempt(text, found.found, found.difference(request))
            return Attempt(text, found)
    except NotRules as error:
        return Attempt(text, trouble=str(error))
    except Problem as problem:
        return Attempt(text, trouble=problem.detail)


def _shown(request: Request, desk: Desk, rule: Rule, attempt: Attempt | None) -> Response:
    caller: Caller = request.state.caller
    reader, address, visible = desk.reader(request), Address.of(request), desk.visible(request)
    kept = figures_of(request)  # what it waits for counts from here
    counted, is_counted = figures(request, desk, kept.patience())
    own = desk.project
    item = _item(desk, rule, counted, reader)
    whom = _known(kept, ("concerned", rule.id), lambda: concerned(own.db, rule.id, visible))
    listed = AlertFilters(rule=rule.id)
    recent = _known(kept, ("alerts", rule.id, reader.language), lambda: alerts_listed(
        own.db, own.rulebook, own.sources, listed, desk.now, language=reader.language, visible=visible,
        sort=AlertSort.OPENED, page=Page(limit=RECENT),
    )) if caller.principal.allows("alerts:read") else None  # fmt: skip
    past = _looked_back(desk, kept, rule)
    may_read = caller.principal.allows("alerts:read")
    is_counted = is_counted and None not in (past, whom) and (recent is not None or not may_read)
    place = written(rule, own.rulebook, own.settings)
    words = RuleWords(desk, rule, item, reader, address)
    return page(
        request, "rule.html", here="rules", rule=item, is_counting=not is_counted, titles=titles(reader),
        past=None if past is None else shown(rule, past, reader),
        scope=words.scope(), chips=words.chips(), parts=words.parts(), states=words.states(), week=words.week(),
        quarter=words.quarter(), concerned=words.concerned(whom or []),
        alerts=[] if recent is None else [words.alert(one) for one in recent.items],
        alerts_total=0 if recent is None else recent.total, alerts_said=words.total(recent),
        place=place, text=attempt.text if attempt else place.text if place else "",
        may_try=place is not None and caller.principal.allows("rules:preview"),
        attempt=None if attempt is None or place is None else words.attempt(attempt, place),
    )  # fmt: skip


def _known(kept: Figures, question: Hashable, count: Callable[[], T], **how: float) -> T | None:
    """A figure as a reader of many records gets it; None while it is counted for the first time."""
    try:
        return kept.of(question, count, **how)
    except StillCounting:
        return None


def _looked_back(desk: Desk, kept: Figures, rule: Rule) -> LookedBack | None:
    """What the past says of it; None while it is counted: it is of all records that ever were, and takes its time."""
    own, asked = desk.project, Asked(as_of=desk.now)
    connections = [one.id for one in own.settings.connections]
    return _known(kept, ("looked back", own.rulebook.version, rule.id), lambda: look_back(
        own.db, own.rulebook, rule, connections, asked, kept.visible
    ), most=PATIENCE, lasts=OLDEST_OF_ALL)  # fmt: skip


def _item(desk: Desk, rule: Rule, counted: Counted, reader: Reader) -> RuleItem:
    own = desk.project
    items = rule_items(
        own.rulebook, own.settings, counted, tested(own.rulebook.rules.rules, own.settings.rules), reader
    )
    return next(one for one in items if one.id == rule.id)
