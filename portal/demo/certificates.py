"""A certificate 太郎 had printed, to try /verify with, and trouble: a machine owes 一郎 200 yen."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.certificates import service
from portal.certificates.models import CertificateOrder
from portal.certificates.paper import FontMissing
from portal.certificates.service import Caller, Failure, Payment, Proof
from portal.config import Settings
from portal.core.ids import ClientId, ResidentId, new_id
from portal.core.money import Yen
from portal.demo import cast
from portal.devices import service as devices
from portal.residents import service as residents

KIOSK = "kiosk-chuo-1"
WISH = {"scope": "self", "relation": "no", "domicile": "no"}


def load(session: Session, settings: Settings) -> None:
    """Two orders at the kiosk of 中央区役所. Loading twice adds nothing; without the paper's font there is none."""
    if session.scalar(select(func.count()).select_from(CertificateOrder)):
        return
    kiosk = devices.find(session, KIOSK)
    assert kiosk
    desk = service.open_desk(settings)
    try:
        for number, person in enumerate((cast.TARO, cast.ICHIRO), start=1):
            order_id, proof = _paid(session, desk, kiosk.id, person, receipt=f"demo-{number:06d}")
            if person is cast.TARO:
                service.printed(session, desk, order_id, proof, job=f"demo-{number}")
            else:
                reason, kept = Failure.COIN_BOX, Yen(200)
                service.failed(session, desk, order_id, proof, reason=reason, refunded=False, kept=kept)
    except FontMissing:
        return


def _paid(
    session: Session, desk: service.Desk, kiosk: UUID, person: cast.Resident, *, receipt: str
) -> tuple[UUID, Proof]:
    resident = residents.find_by_number(session, person.addressee_number)
    assert resident
    caller = Caller(ClientId(kiosk), new_id(), ResidentId(resident.id), "chuo")
    placed = service.order(session, desk, caller, kind="resident-record", options=WISH, copies=1)
    proof = Proof(caller.device_id, placed.owner)
    service.pay(session, desk, placed.order_id, proof, Payment(placed.fee, "cash", receipt))
    return placed.order_id, proof
