"""Tells the portal what the coin box counted on each day that is over; a day is told until the portal has it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone

from kiosk import messages as m
from kiosk.devices.protocols import CoinBox, CoinBoxFault
from kiosk.journal import Journal
from kiosk.portal_client import PortalClient, PortalRefused, PortalUnreachable

log = logging.getLogger(__name__)

JST = timezone(timedelta(hours=9))
LONGEST_SILENCE = timedelta(days=31)
TOLD = "told"


def japan_today() -> date:
    return datetime.now(JST).date()


class DailyClosing:
    """Remembers on disk up to which day the portal was told. `today` is Japan's date."""

    def __init__(self, journal: Journal, today: Callable[[], date] = japan_today) -> None:
        self._journal = journal
        self._today = today
        self._refused: date | None = None

    def tell(self, portal: PortalClient, coin_box: CoinBox) -> None:
        """Every day since the last one told, up to yesterday; a broken line or a silent box is tried again later."""
        yesterday = self._today() - timedelta(days=1)
        day = self._next(yesterday)
        while day <= yesterday:
            try:
                count = coin_box.counted(day.isoformat())
                body = m.DayCounted(
                    day=day,
                    taken=count.taken,
                    returned=count.returned,
                    payments=count.payments,
                    content=count.content,
                )
                portal.close_day(body)
            except (CoinBoxFault, PortalUnreachable):
                return
            except PortalRefused as refused:
                if self._refused != day:
                    log.error("closing refused day=%s code=%s", day, refused.problem.code)
                self._refused = day
                return  # most likely the clock here is ahead: the day is told when it is over there too
            self._journal.write(TOLD, {"day": day.isoformat()})
            day += timedelta(days=1)

    def _next(self, yesterday: date) -> date:
        record = self._journal.read(TOLD)
        if record is None:
            return yesterday
        return max(date.fromisoformat(record["day"]) + timedelta(days=1), yesterday - LONGEST_SILENCE)
