"""Which of a company's entries a form begins with, until when a renewed licence holds, and the refusal."""

from collections.abc import Iterable
from datetime import date, timedelta

from portal.basics.service import Fact
from portal.core.errors import Refusal
from portal.core.words import N_


class NoLicence(Refusal):
    code = "filing-no-licence"
    status = 409
    message = N_("No public body has registered a licence of this kind for your company: %(licence)s.")
    next_step = N_(
        "If you have one, ask the body that gave it to register it. A first licence is applied for at the office."
    )


def representative(officers: Iterable[Fact]) -> Fact | None:
    """Who stands for the company: the one whose post says so, else the one told last."""
    told = list(officers)
    return next((one for one in told if "代表" in one.content["title"]), told[0] if told else None)


def renewed_until(until: date | None, years: int, today: date) -> date:
    """A licence that still holds goes on from its last day; one that is over begins anew (its first day counts)."""
    last = until if until is not None and until >= today else today - timedelta(days=1)
    try:
        return last.replace(year=last.year + years)
    except ValueError:  # 29 February
        return last.replace(year=last.year + years, day=28)
