"""A certificate 太郎 had printed, to try /verify with, trouble (a machine owes 一郎 200 yen), two of 花子 from home (a
file, a letter to post), and the personal numbers of the cast."""

from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.certificates import service
from portal.certificates.models import CertificateOrder
from portal.certificates.online import service as online
from portal.certificates.online.rules import Way
from portal.certificates.paper import FontMissing
from portal.certificates.service import Caller, Failure, Payment, Proof
from portal.config import Settings
from portal.core.ids import ClientId, ResidentId, new_id
from portal.core.money import Yen
from portal.demo import cast
from portal.devices import service as devices
from portal.number_vault import service as vault
from portal.residents import service as residents

KIOSK = "kiosk-chuo-1"
WISH = {"scope": "self", "relation": "no", "domicile": "no"}


def load(session: Session, settings: Settings) -> None:
    """Two orders at the kiosk of 中央区役所 and two from home. Loading twice adds nothing; without the paper's font there is
    none."""
    if session.scalar(select(func.count()).select_from(CertificateOrder)):
        return
    kiosk = devices.find(session, KIOSK)
    assert kiosk
    desk = service.open_desk(settings)
    _numbers(session, settings)
    try:
        _from_home(session, desk, settings)
        for number, person in enumerate((cast.TARO, cast.ICHIRO), start=1):
            order_id, proof = _paid(session, desk, kiosk.id, person, receipt=f"demo-{number:06d}")
            if person is cast.TARO:
                service.printed(session, desk, order_id, proof, job=f"demo-{number}")
            else:
                reason, kept = Failure.COIN_BOX, Yen(200)
                service.failed(session, desk, order_id, proof, reason=reason, refunded=False, kept=kept)
    except FontMissing:
        return


def _from_home(session: Session, desk: service.Desk, settings: Settings) -> None:
    """Free of charge to the mailbox; paid at a window, and waiting for the post."""
    hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
    assert hanako
    wishes = (("electronic", "pension", Way.FREE), ("post", "general", Way.WINDOW))
    for place, (delivery, purpose, way) in enumerate(wishes):
        order = online.place(
            session,
            desk,
            hanako.id,
            uuid5(NAMESPACE_URL, f"urn:portal:demo:certificate:{place}"),
            kind="resident-record",
            options={**WISH, "purpose": purpose},
            copies=1,
            delivery=delivery,
            letter_yen=settings.letter_yen,
        )
        online.begin_payment(session, order, way, online=False)
        paid = online.take_payment(session, desk, order, amount=order.total, way=way, receipt=f"demo-home-{place}")
        online.deliver(session, desk, settings.file_ring, paid, way)


def _numbers(session: Session, settings: Settings) -> None:
    """Numbers of nobody (cast.individual_number), as the register's file would bring them."""
    for person in cast.RESIDENTS:
        known = residents.find_by_number(session, person.addressee_number)
        if known:
            vault.keep(session, settings.number_ring, known.id, vault.read(person.number))


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
