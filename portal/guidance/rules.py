"""What the city decides about guidance, without a database: how many a day, days and ages, refusals, words."""

from datetime import date, timedelta
from enum import StrEnum

from portal.core.errors import Refusal
from portal.core.words import N_

# More than this a day is noise: the rest waits for the next days, the most important first.
MOST_A_DAY = 3
# One transaction's share of telling (residents), and of finding (lines): writers on SQLite wait at most for one.
CHUNK = 20_000
FOUND_AT_ONCE = 100_000
# The nightly run begins at this hour (JST), after the register's nightly import.
NIGHT_HOUR = 3
SNOOZE = timedelta(days=30)
# Guidance without a due date stays on the page this long after its last day.
SHOWN_AFTER = timedelta(days=30)
# Who applied for the procedure within this time need not be told of it.
APPLIED_WITHIN = timedelta(days=180)
LONGEST_REASON = 200
# The last year of school a rule can name: the third of high school.
LAST_GRADE = 12
# Told so long ago, nothing asks for it any more; what is told once in a life is kept, or it would be told again.
KEPT = timedelta(days=730)
# A number beyond this is no line of guidance: no column holds it.
GREATEST_NUMBER = 2**31 - 1


class Situation(StrEnum):
    """The parts of life guidance is about; the first ten are the life situations every city was asked for."""

    TAX = "tax"
    SCHOLARSHIP = "scholarship"
    DISASTER = "disaster"
    VACCINATION = "vaccination"
    PENSION = "pension"
    CARE = "care"
    DISABILITY = "disability"
    UNEMPLOYMENT = "unemployment"
    CARD = "card"
    FAMILY = "family"
    SINGLE_PARENT = "single-parent"
    HEALTH = "health"
    LIVING = "living"


SITUATION_WORDS: dict[Situation, str] = {
    Situation.TAX: N_("Taxes"),
    Situation.SCHOLARSHIP: N_("Scholarship loans"),
    Situation.DISASTER: N_("After a disaster"),
    Situation.VACCINATION: N_("Vaccination"),
    Situation.PENSION: N_("Pension"),
    Situation.CARE: N_("Long-term care and age"),
    Situation.DISABILITY: N_("Disability"),
    Situation.UNEMPLOYMENT: N_("Losing work"),
    Situation.CARD: N_("Cards and certificates"),
    Situation.FAMILY: N_("Marriage, pregnancy, birth and children"),
    Situation.SINGLE_PARENT: N_("Single parents"),
    Situation.HEALTH: N_("Health check-ups"),
    Situation.LIVING: N_("Moving and everyday life"),
}


class State(StrEnum):
    """What the person did with guidance."""

    OPEN = "open"
    SNOOZED = "snoozed"
    DISMISSED = "dismissed"


class GuidanceUnknown(Refusal):
    code = "guidance-unknown"
    status = 404
    message = N_("There is no such guidance for you.")
    next_step = N_("Go back to what is for you.")


class ProgrammeUnknown(Refusal):
    code = "guidance-programme-unknown"
    status = 404
    message = N_("There is no programme of that name.")
    next_step = N_("Choose one from the list of programmes.")


class RuleOfOthers(Refusal):
    code = "guidance-rule-of-others"
    status = 403
    message = N_("Another section answers for this rule.")
    next_step = N_("Ask the section named with the rule to switch it.")


class RecordsOfOthers(Refusal):
    """Facts: `section`."""

    code = "vaccination-records-of-others"
    status = 403
    message = N_("The records of vaccinations are kept by another section.")
    next_step = N_("Send the file to %(section)s.")


class ReasonNeeded(Refusal):
    code = "guidance-reason-needed"
    status = 422
    message = N_("Please say why.")
    next_step = N_("Write a reason of up to 200 characters: the record keeps it.")


class WardUnknown(Refusal):
    code = "guidance-ward-unknown"
    status = 422
    message = N_("There is no ward of that name.")
    next_step = N_("Choose a ward from the list, or the whole city.")


class DeclarationUnknown(Refusal):
    code = "guidance-declaration-unknown"
    status = 404
    message = N_("There is no such declaration.")
    next_step = N_("Choose one from the list.")


def reason(typed: str) -> str:
    """The reason as it is kept; ReasonNeeded if there is none or it is too long."""
    said = " ".join(typed.split())
    if not said or len(said) > LONGEST_REASON or not said.isprintable():
        raise ReasonNeeded
    return said


def anniversary(born: date, months: int) -> date:
    """The day somebody is so many months old; a day the month does not have is the first of the next (as the register
    counts ages: 29 February becomes 1 March)."""
    years, month = divmod(born.month - 1 + months, 12)
    try:
        return born.replace(year=born.year + years, month=month + 1)
    except ValueError:
        return (born.replace(year=born.year + years, month=month + 1, day=28) + timedelta(days=5)).replace(day=1)


def born_until(day: date, months: int) -> date:
    """The last birth date whose anniversary is on or before *day*."""
    born = _about(day, months)
    while anniversary(born, months) > day:
        born -= timedelta(days=1)
    while anniversary(born + timedelta(days=1), months) <= day:
        born += timedelta(days=1)
    return born


def born_from(day: date, months: int) -> date:
    """The first birth date whose anniversary is on or after *day*."""
    return born_until(day - timedelta(days=1), months) + timedelta(days=1)


def _about(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 - months, 12)
    return day.replace(year=day.year + years, month=month + 1, day=1)


def fiscal_year(day: date) -> int:
    """The fiscal year of a day: it begins on 1 April."""
    return day.year if day.month >= 4 else day.year - 1


def born_of_grades(lowest: int, highest: int, day: date) -> tuple[date, date]:
    """First and last birth date of children who are in these school years on *day* (1: first year of elementary
    school, 0: the year before): who turned 6 by 1 April enters (学校教育法第17条; a birthday on 1 April counts to the
    year before, 年齢計算ニ関スル法律)."""
    year = fiscal_year(day)
    return date(year - highest - 6, 4, 2), date(year - lowest - 5, 4, 1)


def born_of_ages_by_march(youngest: int, oldest: int | None, day: date) -> tuple[date | None, date]:
    """First (None: open) and last birth date of people who are so old on 31 March, the last day of the fiscal year of
    *day*. Cities print such tables from 1 April to 31 March: ages by birthdays."""
    end = fiscal_year(day) + 1
    return None if oldest is None else date(end - oldest - 1, 4, 1), date(end - youngest, 3, 31)


def on_or_after(day: date, month_day: str) -> date:
    """The next such day of the year ("03-15"), *day* included."""
    month, number = map(int, month_day.split("-"))
    this = date(day.year, month, number)
    return this if this >= day else date(day.year + 1, month, number)


def occasions_of_year(month_day: str, first: date, last: date) -> list[date]:
    """The days of the year ("02-16") that lie between, both ends included."""
    month, number = map(int, month_day.split("-"))
    days = (date(year, month, number) for year in range(first.year, last.year + 1))
    return [day for day in days if first <= day <= last]
