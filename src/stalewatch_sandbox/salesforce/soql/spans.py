"""Date words: TODAY, LAST_N_DAYS:30 and their like, as days."""

from __future__ import annotations

from datetime import date, timedelta


def span(word: str, today: date) -> tuple[date, date] | None:
    """The first day of a span and the first after it; None if the word is none."""
    name, _, number = word.partition(":")
    many, day = int(number or 0), timedelta(days=1)
    month = today.replace(day=1)
    last_month = (month - day).replace(day=1)
    next_month = (month + 31 * day).replace(day=1)
    if bool(number) != name.endswith("_N_DAYS"):
        return None
    spans = {
        "TODAY": (today, today + day),
        "YESTERDAY": (today - day, today),
        "TOMORROW": (today + day, today + 2 * day),
        "LAST_N_DAYS": (today - many * day, today + day),
        "NEXT_N_DAYS": (today + day, today + (many + 1) * day),
        "LAST_90_DAYS": (today - 90 * day, today + day),
        "NEXT_90_DAYS": (today + day, today + 91 * day),
        "THIS_MONTH": (month, next_month),
        "LAST_MONTH": (last_month, month),
        "THIS_YEAR": (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
        "LAST_YEAR": (date(today.year - 1, 1, 1), date(today.year, 1, 1)),
    }
    return spans.get(name)
