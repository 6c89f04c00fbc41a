"""Which days a tender may name, and what an amendment of an open one may change until its deadline. No I/O.

After the deadline nothing that bids are judged by changes any more (decision 92).
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from portal.core.business_days import business_days_from, is_business_day
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.core.words import N_
from portal.procurement.rules import LEAST_BUSINESS_DAYS, QUESTIONS_BEFORE, Category, QuestionsTooLate, TooShort

# Days to calculate works of an estimate from so many yen on, neither first nor last one counted (建設業法施行令第6条第1項).
WORKS_DAYS = ((50_000_000, 15), (5_000_000, 10))
FIXED = ("category", "method", "sealed")
BOUGHT = ("title", "description", "item", "quantity", "unit")
Facts = Mapping[str, Any]


class WorksTooShort(Refusal):
    code = "tender-works-too-short"
    status = 422
    message = N_("Companies need %(days)s whole days to calculate works of this size (建設業法施行令第6条).")
    next_step = N_("Choose %(first)s or a later day.")


class ClosedDay(Refusal):
    code = "tender-closed-day"
    status = 422
    message = N_("Offices are closed on the day of the deadline.")
    next_step = N_("Choose %(open)s or another day on which offices work.")


class QuestionsPast(Refusal):
    code = "tender-questions-past"
    status = 422
    message = N_("The last day for questions is over already.")
    next_step = N_("Choose %(first)s or a later day.")


class DeadlineOver(Refusal):
    code = "tender-deadline-over"
    message = N_("The deadline is over: nothing that bids are judged by can change any more.")
    next_step = N_("Enter the result, or cancel this tender and publish a new one.")


class DeadlineEarlier(Refusal):
    code = "tender-deadline-earlier"
    status = 422
    message = N_("A published deadline can only become a later one.")
    next_step = N_("Leave it as it is, or choose a later day.")


class Fixed(Refusal):
    code = "tender-fixed"
    status = 422
    message = N_("Category, way of buying and sealed quotations stay as they were published.")
    next_step = N_("Leave them as they are, or cancel this tender and publish a new one.")


class Narrowed(Refusal):
    code = "tender-narrowed"
    status = 422
    message = N_("After publication more companies can be let in, but none shut out.")
    next_step = N_("Leave grades and region as they are or widen them, or cancel this tender and publish a new one.")


class EstimateFixed(Refusal):
    code = "sealed-estimate-fixed"
    status = 422
    message = N_("The estimate of a tender with sealed quotations stays as it was at publication.")
    next_step = N_("Leave it as it is, or cancel this tender and publish a new one.")


def check_new(facts: Facts, *, published: date) -> None:
    """The days of a tender published today, or of one that buys something else from today on. Raises TooShort,
    WorksTooShort, ClosedDay, QuestionsPast, QuestionsTooLate; days count in Japan, that of publication not at all."""
    deadline = _day(facts["submissions_until"])
    first = business_days_from(published, LEAST_BUSINESS_DAYS)
    if deadline < first:
        raise TooShort(days=LEAST_BUSINESS_DAYS, first=first)
    days = works_days(facts["category"], facts["estimate"])
    if deadline <= published + timedelta(days=days):
        raise WorksTooShort(days=days, first=_next_open(published + timedelta(days=days + 1)))
    _check_open_day(deadline)
    _check_questions(facts["questions_until"], deadline, today=published)


def works_days(category: str, estimate: int | None) -> int:
    """How many whole days lie between notice and deadline at least; 0 where no law says it."""
    if category != Category.WORKS or not estimate:
        return 0
    return next((days for least, days in WORKS_DAYS if estimate >= least), 0)


def check_amendment(old: Facts, new: Facts, *, now: datetime, replaced: bool = False) -> bool:
    """May this be changed now? True if something else is bought then: quotations filed before do not count, and companies
    have all the days of a new tender; so it is if a file is *replaced*. A later deadline, more papers, a site visit and more
    companies need no days."""
    if old["submissions_until"] <= now:
        raise DeadlineOver
    _check_fixed(old, new)
    if new["submissions_until"] < old["submissions_until"]:
        raise DeadlineEarlier
    today, deadline = now.astimezone(JST).date(), _day(new["submissions_until"])
    if replaced or is_other(old, new):
        check_new(new, published=today)
        return True
    if new["submissions_until"] != old["submissions_until"]:
        _check_open_day(deadline)
    if new["questions_until"] != old["questions_until"]:
        _check_questions(new["questions_until"], deadline, today=today)
    return False


def _check_fixed(old: Facts, new: Facts) -> None:
    changed = [name for name in FIXED if old[name] != new[name]]
    if changed:
        raise Fixed(details={"fields": changed})
    if not set(old["grades"]) <= set(new["grades"]):
        raise Narrowed(details={"fields": ["grades"]})
    if not old["region"].startswith(new["region"]):
        raise Narrowed(details={"fields": ["region"]})
    if old["sealed"] and old["estimate"] != new["estimate"]:
        raise EstimateFixed


def is_other(old: Facts, new: Facts) -> bool:
    """Whether what is bought changes: its words or figures, or a paper that is replaced or taken away."""
    gone = [paper for paper in old["documents"] if paper not in new["documents"]]
    return bool(gone) or any(old[name] != new[name] for name in BOUGHT)


def _day(at: datetime) -> date:
    return at.astimezone(JST).date()


def _next_open(day: date) -> date:
    return business_days_from(day - timedelta(days=1), 1)


def _check_open_day(deadline: date) -> None:
    if not is_business_day(deadline):
        raise ClosedDay(open=_next_open(deadline))


def _check_questions(until: date, deadline: date, *, today: date) -> None:
    last = business_days_from(deadline, -QUESTIONS_BEFORE)
    if until > last:
        raise QuestionsTooLate(last=last)
    if until < today:
        raise QuestionsPast(first=today)
