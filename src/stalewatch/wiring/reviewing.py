"""Who keeps the forecast of a project's days, learns from its history, and posts its reviews."""

from __future__ import annotations

from stalewatch.services.learning.monthly import Monthly
from stalewatch.services.measuring.forecast_days import Days
from stalewatch.services.measuring.review_posts import ReviewPosts
from stalewatch.wiring.histories import from_project
from stalewatch.wiring.project import Stalewatch


def days_of(project: Stalewatch) -> Days:
    """Keeps the forecast of the days that have ended."""
    return Days(project.db, project.clock, project.rulebook)


def posts_of(project: Stalewatch) -> ReviewPosts:
    """Posts the reviews that are due."""
    own = project
    return ReviewPosts(own.db, own.clock, own.rulebook, own.sources, own.speaking, own.settings.reviews)


def learning_of(project: Stalewatch) -> Monthly:
    """Works out the limits that its history suggests, once a month."""
    own = project
    return Monthly(own.db, own.clock, own.rulebook, own.sources, lambda: from_project(own, None).found)


def keep_and_post(project: Stalewatch) -> None:
    """All of it, as a round of `run --once` does it before it says what is to be said."""
    days_of(project).keep()
    learning_of(project).learn()
    posts_of(project).post()
