"""Which days a new tender gives, and what an amendment may change when."""

from datetime import date, datetime, time
from typing import Any

import pytest

from portal.core.business_days import is_business_day
from portal.core.clock import JST
from portal.core.errors import Refusal
from portal.procurement import rules, tender_days
from portal.procurement.tender_days import check_amendment, check_new
from tests.portal.procurement import city
from tests.portal.procurement.city import SEALED

MONDAY = date(2026, 6, 1)
SUNDAY = date(2026, 6, 21)
NOON = datetime.combine(MONDAY, time(12), JST)


def said(**others: Any) -> dict[str, Any]:
    """A tender of Monday 1 June 2026 with its deadline on Monday the 15th."""
    until = datetime(2026, 6, 15, 17, tzinfo=JST)
    return city.facts(questions_until=date(2026, 6, 10), submissions_until=until) | others


def on(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 17, tzinfo=JST)


@pytest.mark.parametrize(
    ("facts", "refused"),
    [
        ({}, None),
        ({"submissions_until": on(6, 8), "questions_until": MONDAY}, None),
        ({"submissions_until": on(6, 5), "questions_until": MONDAY}, rules.TooShort),
        ({"submissions_until": datetime.combine(SUNDAY, time(17), JST)}, tender_days.ClosedDay),
        ({"questions_until": date(2026, 6, 12)}, rules.QuestionsTooLate),
        ({"questions_until": date(2026, 6, 11)}, None),
        ({"questions_until": date(2026, 5, 31)}, tender_days.QuestionsPast),
        ({"questions_until": date(2025, 1, 1)}, tender_days.QuestionsPast),
        ({"category": "works", "estimate": 4_999_999, "submissions_until": on(6, 11)}, None),
        ({"category": "works", "estimate": 5_000_000, "submissions_until": on(6, 11)}, tender_days.WorksTooShort),
        ({"category": "works", "estimate": 5_000_000, "submissions_until": on(6, 12)}, None),
        ({"category": "works", "estimate": 50_000_000, "submissions_until": on(6, 16)}, tender_days.WorksTooShort),
        ({"category": "works", "estimate": 50_000_000, "submissions_until": on(6, 17)}, None),
        ({"category": "works", "estimate": None, "submissions_until": on(6, 8)}, None),
        ({"category": "goods", "estimate": 50_000_000, "submissions_until": on(6, 8)}, None),
    ],
)
def test_the_days_a_new_tender_gives(facts: dict[str, Any], refused: type[Refusal] | None) -> None:
    given = said(**({"questions_until": MONDAY} | facts))
    if refused is None:
        check_new(given, published=MONDAY)
        return
    with pytest.raises(refused):
        check_new(given, published=MONDAY)


def test_the_first_day_a_refusal_names_is_taken() -> None:
    for estimate, days in ((5_000_000, 10), (50_000_000, 15)):
        given = said(category="works", estimate=estimate, submissions_until=on(6, 8), questions_until=MONDAY)
        with pytest.raises(tender_days.WorksTooShort) as refused:
            check_new(given, published=MONDAY)
        first = refused.value.facts["first"]
        assert is_business_day(first)
        assert (first - MONDAY).days > days
        check_new(given | {"submissions_until": datetime.combine(first, time(17), JST)}, published=MONDAY)


LAST_DAYS = datetime(2026, 6, 12, 9, tzinfo=JST)
PAPER = {"title": "仕様書", "url": "https://city.example/1.pdf"}
MORE = {"title": "図面", "url": "https://city.example/2.pdf"}


@pytest.mark.parametrize(
    ("changes", "now", "result"),
    [
        ({}, LAST_DAYS, False),
        ({"documents": [PAPER, MORE], "site_visit": "玄関に集合"}, LAST_DAYS, False),
        ({"submissions_until": on(6, 16)}, LAST_DAYS, False),
        ({"grades": ["A", "B", "C"]}, LAST_DAYS, False),
        ({"title": "別の件名"}, LAST_DAYS, rules.TooShort),
        ({"title": "別の件名"}, NOON, True),
        ({"quantity": 300}, NOON, True),
        ({"documents": [MORE]}, NOON, True),
        ({"documents": []}, LAST_DAYS, rules.TooShort),
        ({"submissions_until": on(6, 12)}, NOON, tender_days.DeadlineEarlier),
        ({"submissions_until": on(6, 21)}, NOON, tender_days.ClosedDay),
        ({"questions_until": date(2026, 6, 12)}, NOON, rules.QuestionsTooLate),
        ({"questions_until": date(2026, 6, 11)}, LAST_DAYS, tender_days.QuestionsPast),
        ({"category": "works"}, NOON, tender_days.Fixed),
        ({"method": "limited"}, NOON, tender_days.Fixed),
        ({"sealed": True}, NOON, tender_days.Fixed),
        ({"grades": ["A"]}, NOON, tender_days.Narrowed),
        ({"grades": ["B", "C", "D"]}, NOON, tender_days.Narrowed),
        ({"region": "千葉県千葉市"}, NOON, tender_days.Narrowed),
        ({}, on(6, 15), tender_days.DeadlineOver),
        ({"submissions_until": on(6, 30)}, on(6, 15), tender_days.DeadlineOver),
        ({"estimate": 1}, on(6, 16), tender_days.DeadlineOver),
    ],
)
def test_what_an_amendment_may_change(changes: dict[str, Any], now: datetime, result: Any) -> None:
    old = said(documents=[PAPER])
    if isinstance(result, bool):
        assert check_amendment(old, old | changes, now=now) is result
        return
    with pytest.raises(result):
        check_amendment(old, old | changes, now=now)


def test_the_estimate_of_sealed_quotations_stays() -> None:
    old = said(**SEALED)
    with pytest.raises(tender_days.EstimateFixed):
        check_amendment(old, old | {"estimate": 1_000_000}, now=NOON)
    assert check_amendment(said(), said(estimate=1), now=NOON) is False, "on paper it is nobody's business yet"


def test_a_region_is_widened_and_not_narrowed() -> None:
    old = said(region="千葉県千葉市")
    for wider in ("千葉県", ""):
        assert check_amendment(old, old | {"region": wider}, now=NOON) is False
    with pytest.raises(tender_days.Narrowed):
        check_amendment(old, old | {"region": "東京都"}, now=NOON)
