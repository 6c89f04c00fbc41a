"""Points 花子 earned over a year, rewards she got, a donation; the city's rewards; programmes, an organisation of 一郎 and
what it publishes, hours that wait for the city; steps; shops and what they took; codes on paper; a record that is
there twice; what neighbours did in four months; all of it sealed."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.audit import unit_of
from portal.core.crypto import signing_key
from portal.demo import cast, double, health, paper_codes, partners, season, volunteering
from portal.points.ledger import sealing, service
from portal.points.ledger.entering import Entry
from portal.points.ledger.models import PointTransfer
from portal.points.ledger.rules import Reason
from portal.points.spending import catalogue
from portal.points.spending import service as spending
from portal.points.spending.donating import Gift, donate_together
from portal.residents import service as residents

EARNED = (
    (700, 120, Reason.WELCOME),
    (300, 200, Reason.VOLUNTEERING),
    (180, 150, Reason.HEALTH),
    (90, 100, Reason.EVENT),
    (20, 120, Reason.VOLUNTEERING),
)
"""Days ago, points, why."""
COUPON, GIFT, FEE = UUID(int=1), UUID(int=2), UUID(int=4)


def load(session: Session, settings: Settings) -> None:
    """Loading twice adds nothing."""
    if session.scalar(select(PointTransfer.number).where(PointTransfer.key.like("demo:%")).limit(1)):
        return
    catalogue.bring(session, catalogue.read())
    hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
    assert hanako
    account, city = service.account_of(session, hanako.id), service.city(session)
    for days, points, reason in EARNED:
        at = clock.now() - timedelta(days=days)
        service.grant(session, Entry(f"demo:{days}", city, account, points, reason, at=at))
    spending.redeem(session, hanako.id, "pool", key=COUPON)
    donate_together(session, [(unit_of(session), Gift(hanako.id, "trees", 100, GIFT))])
    volunteering.load(session)
    season.load(session)
    health.load(session, settings)
    partners.load(session, settings)
    spending.redeem(session, hanako.id, "certificate-fee", key=FEE)  # for the kiosk
    paper_codes.load(session, settings)
    double.load(session)
    sealing.seal_now(session, signing_key(settings.master, sealing.SIGNING))
