"""One person's way from an empty form to the window, each step a request that may be sent again."""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from portal.accounts import service as accounts
from portal.applications.models import Application
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Kind
from portal.core.crypto import b64url, derive_key, mac, token_hash
from portal.core.ids import ResidentId
from portal.core.uow import Database
from portal.demo import cast
from portal.demo.applications import typed_by_mover
from portal.staff import service as staff
from portal.web.session import COOKIE
from portal.web.signed_in import WebSession
from tests.crowd import WHO
from tests.kills.town import Answer, Door
from tests.portal.accounts.authority import Authority, Card, new_key

PROCEDURE = "moving-within-city"
ID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CASE = "/staff/applications"


@dataclass(slots=True)
class Caller:
    """Somebody who is signed in. A refusal is an answer too; it is told apart by its status."""

    door: Door
    id: UUID
    token: str
    csrf: str

    def post(self, path: str, form: Any = (), *, expected: Sequence[int] = (303,)) -> Answer:
        headers = {
            "Cookie": f"{COOKIE}={self.token}; __Host-language=ja",
            "X-CSRF-Token": self.csrf,
            "Accept": "text/html",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = self.door.ask("POST", path, headers, urlencode(form, doseq=True).encode())
        assert answer.status in expected, f"{path}: {answer.status} {answer.body[:2000].decode()}"
        return answer

    def get(self, path: str) -> Answer:
        headers = {"Cookie": f"{COOKIE}={self.token}; __Host-language=ja", "Accept": "text/html"}
        answer = self.door.ask("GET", path, headers, b"")
        assert answer.status in (200, 303), f"{path}: {answer.status}"
        return answer


def sign_in(database: Database, settings: Settings, door: Door, someone: UUID | cast.Staff) -> Caller:
    """A session as if the person (a resident's id, or a member of the cast) had signed in a moment ago."""
    token, now = str(uuid4()), clock.now()
    with database.command("sign in") as session:
        kind, who, actor_id = Kind.RESIDENT, WHO, someone
        if isinstance(someone, cast.Staff):
            member = staff.password_of(session, someone.login_id)
            found = staff.actor_of(session, member[0]) if member else None
            assert found
            actor, roles = found
            kind, actor_id = Kind.STAFF, actor.id
            who = {
                "label": actor.label,
                "office": actor.office,
                "section": str(actor.section),
                "roles": list(roles),
                "name": actor.display_name,
            }
        about: dict[str, Any] = {"kind": kind, "who": who, "assurance": 1, "device": "", "actor_id": actor_id}
        times = {"started_at": now, "seen_at": now, "ends_at": now + timedelta(hours=1)}
        session.add(WebSession(token_hash=token_hash(token), **about, **times))
    csrf = b64url(mac(derive_key(settings.master, "csrf"), token_hash(token).encode()))
    assert isinstance(actor_id, UUID)
    return Caller(door, actor_id, token, csrf)


@dataclass(slots=True)
class Visit:
    """What was acknowledged to one person."""

    person: UUID
    application: UUID
    booking: UUID
    slot: int
    ticket: str = ""


@dataclass(slots=True)
class City:
    """Everybody who is there beside the residents: a processor, the clerk at the window, the kiosk, and two times."""

    database: Database
    settings: Settings
    kiosk_token: str
    cards: dict[UUID, Card]
    first_slot: int
    slot: int

    def visit(self, door: Door, person: UUID) -> Visit:
        """Fill in, send, have it checked, book, move the visit, check in: at the kiosk by card, or at the desk."""
        caller = sign_in(self.database, self.settings, door, person)
        case = self._apply(caller)
        processor = sign_in(self.database, self.settings, door, cast.PROCESSOR)
        processor.post(f"{CASE}/{case}/claim")
        processor.post(f"{CASE}/{case}/ready", expected=(303, 409))
        wish = {"application": str(case), "slot": str(self.first_slot)}
        booking = id_in(caller.post("/reservations/new", wish).location)
        caller.post(f"/reservations/{booking}/change", {"slot": str(self.slot)})
        visit = Visit(person, case, booking, self.slot)
        self._check_in(door, visit)
        return visit

    def _apply(self, caller: Caller) -> UUID:
        case = id_in(caller.post(f"/procedures/{PROCEDURE}/start").location)
        with self.database.command("look") as session:
            known = session.get_one(Application, case).known
        for section, typed in typed_by_mover(known).items():
            caller.post(f"/applications/{case}/steps/{section}", typed)
        sent = caller.post(f"/applications/{case}/submit")
        assert sent.location.endswith("/done"), sent.location
        return case

    def _check_in(self, door: Door, visit: Visit) -> None:
        with self.database.command("look") as session:
            reference = session.get_one(Application, visit.application).reference
        if visit.person in self.cards:
            visit.ticket = self._at_the_kiosk(door, self.cards[visit.person], reference)
        else:
            clerk = sign_in(self.database, self.settings, door, cast.WINDOW)
            clerk.post("/staff/window/check-in", {"reference": reference})

    def _at_the_kiosk(self, door: Door, card: Card, reference: str) -> str:
        opened = self._kiosk(door, "/sessions", {"language": "ja"})
        challenge = base64.urlsafe_b64decode(opened["challenge"] + "==")
        read = {"certificate": card.der, "signature": card.sign(challenge)}
        session = f"/sessions/{opened['session']}"
        self._kiosk(door, f"{session}/card", {name: base64.b64encode(one).decode() for name, one in read.items()})
        drawn = self._kiosk(door, f"{session}/check-in", {"reference": reference})
        self._kiosk(door, f"{session}/end", {})
        return str(drawn["ticket"])

    def _kiosk(self, door: Door, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {
            "Authorization": f"Bearer {self.kiosk_token}",
            "Idempotency-Key": str(uuid4()),
            "Accept-Language": "ja",
            "Content-Type": "application/json",
        }
        answer = door.ask("POST", f"/kiosk/v1{path}", headers, json.dumps(body).encode())
        assert answer.status in (200, 201), f"{path}: {answer.status} {answer.body.decode()}"
        found: dict[str, Any] = json.loads(answer.body or b"{}")
        return found


def serve_next(clerk: Caller) -> bool:
    """Call, see, compare a document, finish; False if nobody waits. After a death the clerk looks who is at the window."""
    called = clerk.post("/staff/window/next", expected=(303, 409)).location
    if "/tickets/" not in called:
        page = clerk.get("/staff/window").body.decode()
        found = re.search(f'href="(/staff/window/tickets/{ID.pattern})"', page)
        if not found:
            return False
        called = found[1]
    clerk.post(f"{called}/start")
    clerk.post(f"{called}/document", {"document": "driving-licence"})
    receipt = clerk.post(f"{called}/complete").location
    assert receipt == f"{called}/receipt", receipt
    return True


def id_in(address: str) -> UUID:
    found = ID.search(address)
    assert found, address
    return UUID(found[0])


def cards_for(database: Database, folder: Path, people: Sequence[UUID]) -> dict[UUID, Card]:
    """A card for each of *people*, registered."""
    folder.mkdir(exist_ok=True)
    authority, key = Authority("TEST CA 架空"), new_key()
    ca_file = authority.publish(folder)
    cards = {person: authority.issue("card", key) for person in people}
    with database.command("enrol") as session:
        for person, card in cards.items():
            accounts.enrol_card(session, ResidentId(person), card.der, ca_file)
    return cards
