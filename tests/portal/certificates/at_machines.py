"""What somebody does at a kiosk, for tests: a paid order, its money given back, the words on its paper."""

import subprocess

from sqlalchemy import select

from portal.certificates import service
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.money import Yen
from portal.core.uow import Database
from tests.portal.certificates.city import SELF, at_kiosk, coins, desk, household, place, proof

HOME = household()
HANAKO = HOME.members[0].resident_id


def text_of(pdf: bytes) -> str:
    found = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    return found.stdout.decode()


def rows(database: Database, kind: type) -> list:
    with database.page(Actor(Kind.SYSTEM, label="test"), Purpose.OPERATION, writes=False) as session:
        found = list(session.scalars(select(kind)))
        session.expunge_all()
        return found


def paid(kiosk, town, caller=None, options=None):
    """An order that is paid: (caller, proof, order id)."""
    caller = caller or at_kiosk(HANAKO)
    with kiosk() as session:
        placed = place(session, desk(town), caller, options or SELF)
    mine = proof(caller, placed)
    with kiosk() as session:
        service.pay(session, desk(town), placed.order_id, mine, coins())
    return caller, mine, placed.order_id


def give_back(session, town, order_id, who, reason):
    """The machine says that no paper came and the money is back."""
    return service.failed(session, desk(town), order_id, who, reason=reason, refunded=True, kept=Yen(0))
