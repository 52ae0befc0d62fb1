"""Who keeps the forecast of a project's days, and posts its reviews."""

from __future__ import annotations

from stalewatch.services.measuring.forecast_days import Days
from stalewatch.services.measuring.review_posts import ReviewPosts
from stalewatch.wiring.project import Stalewatch


def days_of(project: Stalewatch) -> Days:
    """Keeps the forecast of the days that have ended."""
    return Days(project.db, project.clock, project.rulebook)


def posts_of(project: Stalewatch) -> ReviewPosts:
    """Posts the reviews that are due."""
    own = project
    return ReviewPosts(own.db, own.clock, own.rulebook, own.sources, own.speaking, own.settings.reviews)


def keep_and_post(project: Stalewatch) -> None:
    """Both, as a round of `run --once` does them before it says what is to be said."""
    days_of(project).keep()
    posts_of(project).post()
