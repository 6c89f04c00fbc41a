"""An application signed by card: checked when it comes, void when the answers change, provable from what was kept."""

import base64
import copy
import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from cryptography import x509
from flask import Flask
from sqlalchemy import select, update

from card_reader.key_store import demo_masters
from card_reader.sessions.jpki import JpkiSession
from card_reader.simulator.authority import Authority, open_authority
from card_reader.simulator.card import DirectConnection, SimulatedCard
from card_reader.simulator.memory import VolatileStore
from card_reader.simulator.people import read_persona
from card_reader.simulator.prepare import new_card
from portal.accounts import revocation
from portal.applications import cases, service
from portal.applications.models import Application
from portal.applications.signatures import service as signatures
from portal.applications.signatures.content import canonical
from portal.applications.signatures.models import Signature
from portal.applications.signatures.service import Proof
from portal.cli import main
from portal.config import Settings
from portal.core import clock
from portal.core.permissions import Role
from portal.core.uow import Database
from portal.demo import cast
from portal.devices.service import recognise
from portal.web.hall import Hall
from tests.browser import Page, Visitor
from tests.conftest import ResidentClient, StaffClient
from tests.portal.accounts.authority import Authority as Issuer
from tests.portal.accounts.authority import Card
from tests.portal.applications import people
from tests.portal.applications.test_documents import typed_pages

PEOPLE = {person["persona"]: read_persona(person) for person in cast.personas()}
Memories = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return open_authority(tmp_path_factory.mktemp("cards"))


@pytest.fixture(scope="module")
def memories(issuer: Authority) -> Memories:
    return {name: new_card(issuer, PEOPLE[name], demo_masters())[0] for name in ("hanako", "taro")}


@pytest.fixture
def city(settings: Settings, database: Database, app: Flask, issuer: Authority) -> Iterator[Settings]:
    """A portal that trusts the issuer of the simulated cards."""
    trusting = settings.model_copy(update={"card_ca_file": issuer.folder / "ca.pem"})
    app.extensions["portal"] = Hall(trusting, database, recognise)
    yield trusting
    issuer.revoked.clear()
    issuer.save()


@pytest.fixture
def case(city: Settings, cast_residents: None, database: Database) -> UUID:
    """花子's claim of the child allowance, ready to be signed and sent."""
    actor = people.person(database)
    assert actor.id is not None
    with people.as_(database, actor) as session:
        draft = service.start_draft(session, actor.id, "child-allowance")
    typed_pages(database, actor, draft.id, cases.procedure_of(draft))
    return draft.id


def held(memories: Memories, person: str, content: bytes, *, key: str = "sign") -> dict[str, str]:
    """What the simulated card of *person* answers the bridge."""
    jpki = JpkiSession(DirectConnection(SimulatedCard(VolatileStore(copy.deepcopy(memories[person])))))
    if key == "auth":
        jpki.verify_auth_pin(bytearray(PEOPLE[person].auth_pin.encode()))
        certificate, signature = jpki.auth_certificate(), jpki.sign_with_auth_key(content)
    else:
        jpki.verify_sign_pin(bytearray(PEOPLE[person].sign_pin.encode()))
        certificate, signature = jpki.sign_certificate(), jpki.sign_with_sign_key(content)
    return {"certificate": base64.b64encode(certificate).decode(), "signature": base64.b64encode(signature).decode()}


def shown(page: Page) -> bytes:
    """The document the page hands to the card bridge."""
    form = next(form for form in page.find("form") if form.get("data-document"))
    text = form.get("data-document") or ""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(visitor: Visitor, case: UUID, memories: Memories, person: str = "hanako", **changed: str) -> Page:
    path = f"/applications/{case}/sign"
    page = visitor.get(path)
    return visitor.submit(page, path, **{**held(memories, person, shown(page)), **changed})


def state(database: Database, case: UUID) -> str:
    with database.command("look") as session:
        return session.get_one(Application, case).state


def test_what_was_checked_is_signed_sent_and_seen_by_who_decides(
    case: UUID, resident_client: ResidentClient, staff_client: StaffClient, database: Database, city: Settings,
    memories: Memories, tmp_path: Path,
) -> None:  # fmt: skip
    hanako = resident_client("hanako")
    page = hanako.get(f"/applications/{case}/check")
    assert f"/applications/{case}/sign" in page.links()
    page = hanako.get(f"/applications/{case}/sign")
    assert city.bridge_url in page.headers["Content-Security-Policy"]
    assert city.bridge_url not in hanako.get("/account").headers["Content-Security-Policy"]
    said = json.loads(shown(page))
    assert (said["procedure"], said["documents"]) == ("child-allowance", [])
    page = sign(hanako, case, memories)
    assert (page.status, page.path) == (200, f"/applications/{case}/done")
    assert sign_again_is_nothing(hanako, case)
    clerk = staff_client(Role.PROCESSOR).get(f"/staff/applications/{case}")
    assert next(clerk.find("span", class_="tag--success")) is not None
    with database.command("verify") as session:
        kept = service.verify_signature(session, said["reference"], city.card_ca)
    assert (kept.faults, kept.content) == (
        [],
        json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
    )


def sign_again_is_nothing(visitor: Visitor, case: UUID) -> bool:
    return visitor.get(f"/applications/{case}/sign").path == f"/applications/{case}"


def test_it_can_be_proved_without_this_program(
    case: UUID, resident_client: ResidentClient, database: Database, city: Settings,
    memories: Memories, tmp_path: Path,
) -> None:  # fmt: skip
    sign(resident_client("hanako"), case, memories)
    with database.command("look") as session:
        reference = session.get_one(Application, case).reference
    told = {
        "PORTAL_STATE_DIR": str(city.state_dir),
        "PORTAL_DATABASE_URL": city.url,
        "PORTAL_CARD_CA_FILE": str(city.card_ca),
    }
    ran = CliRunner().invoke(main, ["verify-signature", reference, "--save", str(tmp_path / "proof")], env=told)
    assert ran.exit_code == 0, ran.output
    steps = (
        "openssl verify -CAfile issuer.pem certificate.pem",
        "openssl x509 -in certificate.pem -pubkey -noout -out key.pem",
        "openssl dgst -sha256 -verify key.pem -signature signature.bin content.json",
    )
    for step in steps:
        assert (
            subprocess.run(
                step.split(), cwd=tmp_path / "proof", capture_output=True, timeout=60, check=False
            ).returncode
            == 0
        )


def test_what_is_not_the_applicants_signature_sends_nothing(
    case: UUID,
    resident_client: ResidentClient,
    database: Database,
    issuer: Authority,
    memories: Memories,
) -> None:
    hanako, path = resident_client("hanako"), f"/applications/{case}/sign"
    page = hanako.get(path)
    content = shown(page)
    good = held(memories, "hanako", content)
    wrong = [
        ({**good, "signature": held(memories, "hanako", content + b" ")["signature"]}, 403),
        ({**good, "digest": "0" * 64}, 409),
        (held(memories, "taro", content), 403),
        (held(memories, "hanako", content, key="auth"), 403),
        ({"certificate": "", "signature": ""}, 422),
        ({"certificate": "?", "signature": "?"}, 422),
        ({"certificate": base64.b64encode(b"junk").decode(), "signature": good["signature"]}, 403),
    ]
    for answer, status in wrong:
        assert hanako.submit(page, path, **answer).status == status, answer.keys()
    serial = x509.load_der_x509_certificate(base64.b64decode(good["certificate"])).serial_number
    issuer.revoke([serial])
    assert hanako.submit(page, path, **good).status == 403
    assert state(database, case) == "draft"
    ichiro = resident_client("ichiro")
    assert ichiro.get(path).status == 404
    assert ichiro.post(path, good, page=ichiro.get("/account")).status == 404


def test_a_correction_makes_the_signature_void_and_asks_for_another(
    case: UUID,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    database: Database,
    memories: Memories,
) -> None:
    hanako, clerk = resident_client("hanako"), staff_client(Role.PROCESSOR)
    sign(hanako, case, memories)
    page = clerk.submit(clerk.get(f"/staff/applications/{case}"), f"/staff/applications/{case}/claim")
    words = {"reason-has_older_children": "incorrect", "comment-has_older_children": "もう一度おたしかめください"}
    clerk.submit(page, f"/staff/applications/{case}/correction", **words)
    page = hanako.get(f"/applications/{case}/correction")
    page = hanako.submit(page, f"/applications/{case}/correction", has_older_children="no")
    assert f"/applications/{case}/sign" in page.links()
    page = sign(hanako, case, memories)
    assert f"/applications/{case}/sign" not in page.links()
    with database.command("look") as session:
        kept = session.scalars(select(Signature).order_by(Signature.checked_at)).all()
        assert [one.voided_at is None for one in kept] == [False, True]
        assert kept[1].content == canonical(session.get_one(Application, case))


def test_a_correction_at_the_window_is_signed_whole_and_a_wrong_card_leaves_it_unsent(
    case: UUID,
    resident_client: ResidentClient,
    staff_client: StaffClient,
    database: Database,
    memories: Memories,
) -> None:
    clerk, desk = staff_client(Role.PROCESSOR), staff_client(Role.WINDOW)
    sign(resident_client("hanako"), case, memories)
    page = clerk.submit(clerk.get(f"/staff/applications/{case}"), f"/staff/applications/{case}/claim")
    words = {"reason-has_older_children": "incorrect", "comment-has_older_children": "もう一度おたしかめください"}
    clerk.submit(page, f"/staff/applications/{case}/correction", **words)
    page = desk.submit(desk.get("/staff/assist"), "/staff/assist", number=cast.HANAKO.addressee_number)
    page = desk.submit(page, f"{page.path}/identity/document", document="passport")
    form = desk.submit(page, f"{page.path}/correct", application=str(case))
    check = desk.submit(form, form.path, has_older_children="no")
    by_card = f"/staff/assist/{case}/correction/sign"
    wrong = desk.submit(check, by_card, **held(memories, "taro", shown(check)))
    assert (wrong.status, state(database, case)) == (403, "correction-asked")
    assert desk.submit(check, by_card, certificate="", signature="").status == 422
    with database.command("look") as session:
        assert [one.voided_at for one in session.scalars(select(Signature))] == [None]
    right = held(memories, "hanako", shown(check))
    sent = desk.submit(check, by_card, **right)
    assert (sent.path, state(database, case)) == (f"/staff/assist/{case}/correction/sent", "corrected")
    assert desk.submit(check, by_card, **right).path == sent.path  # a second press
    with database.command("look") as session:
        kept = session.scalars(select(Signature).order_by(Signature.checked_at)).all()
        assert [one.voided_at is None for one in kept] == [False, True]
        assert kept[1].content == canonical(session.get_one(Application, case))


def test_a_change_before_anybody_took_it_makes_the_signature_void_too(
    case: UUID, resident_client: ResidentClient, memories: Memories
) -> None:
    hanako = resident_client("hanako")
    sign(hanako, case, memories)
    ways = {link.partition("#")[0] for link in hanako.get(f"/applications/{case}").links()}
    path = f"/applications/{case}/change/children"
    assert path in ways
    assert f"/applications/{case}/change/documents" not in ways, "documents change only when asked for"
    assert hanako.get(f"/applications/{case}/change/documents").status == 409
    assert f"/applications/{case}/sign" not in hanako.submit(hanako.get(path), path).links(), "nothing changed"
    page = hanako.submit(hanako.get(path), path, has_older_children="no")
    assert f"/applications/{case}/sign" in page.links()


def test_who_sent_it_without_a_card_signs_at_the_window(
    case: UUID, resident_client: ResidentClient, staff_client: StaffClient, memories: Memories
) -> None:
    hanako, path = resident_client("hanako"), f"/staff/applications/{case}/signature"
    window = staff_client(Role.WINDOW)
    assert window.get(path).status == 409, "a draft is nobody's business"
    hanako.submit(hanako.get(f"/applications/{case}/sign"), f"/applications/{case}/submit")
    page = window.get(path)
    page = window.submit(page, path, **held(memories, "hanako", shown(page)))
    assert page.status == 200
    assert not [form for form in page.find("form") if form.get("data-document")]
    assert staff_client(Role.PROCESSOR).get(path).status == 404


def test_a_kept_signature_that_was_tampered_with_does_not_hold(
    case: UUID, resident_client: ResidentClient, database: Database, city: Settings, memories: Memories
) -> None:
    sign(resident_client("hanako"), case, memories)
    other = Issuer("架空の別の認証局")
    with database.command("look") as session:
        row, found = session.scalars(select(Signature)).one(), session.get_one(Application, case)
        changes: list[tuple[Any, dict[str, Any]]] = [
            (Application, {"answers": {**found.answers, "pension": "none"}}),
            (Signature, {"content": row.content.replace(b'"version":1', b'"version":2')}),
            (Signature, {"signature": bytes(256)}),
            (Signature, {"certificate": other.issue("架空", other.key).der}),
            (Signature, {"certificate": b"junk"}),
            (Signature, {"issuer": Card(other.key, other.certificate).der}),
            (Signature, {"checked_at": clock.now() - timedelta(days=400)}),
        ]
    for table, values in changes:
        with database.command("tamper") as session:
            undone = session.begin_nested()
            session.execute(update(table).values(**values))
            assert service.verify_signature(session, found.reference, city.card_ca).faults, values.keys()
            undone.rollback()


def test_the_issuers_answer_is_kept_and_a_later_end_of_the_card_changes_nothing(
    case: UUID, resident_client: ResidentClient, database: Database, city: Settings, issuer: Authority,
    memories: Memories,
) -> None:  # fmt: skip
    content = shown(resident_client("hanako").get(f"/applications/{case}/sign"))
    der, signature = (base64.b64decode(part) for part in held(memories, "hanako", content).values())
    certificate = x509.load_der_x509_certificate(der)
    twin = Issuer("answers for the issuer", key=issuer.key)
    twin.certificate = issuer.certificate
    answer = twin.says(Card(issuer.key, certificate), until=clock.machine_now() + timedelta(minutes=30))
    answers = revocation.Answers()
    answers.keep(certificate, revocation.Status.GOOD, clock.machine_now() + timedelta(minutes=30), answer)
    hanako, proof = people.person(database), Proof(der, signature, hashlib.sha256(content).hexdigest())
    with people.as_(database, hanako) as session:
        signatures.sign(session, hanako, case, proof, city.card_ca, answers)
        service.submit(session, hanako, case)
    issuer.revoke([certificate.serial_number])
    with database.command("verify") as session:
        kept = service.verify_signature(session, json.loads(content)["reference"], city.card_ca)
        assert (kept.evidence.status_answer, kept.faults) == (answer, [])
        session.scalars(select(Signature)).one().status_answer = answer[:-9] + bytes(9)
        session.flush()
        assert service.verify_signature(session, json.loads(content)["reference"], city.card_ca).faults


def test_what_was_signed_goes_with_the_contents(
    case: UUID, resident_client: ResidentClient, database: Database, memories: Memories
) -> None:
    hanako = resident_client("hanako")
    sign(hanako, case, memories)
    hanako.submit(hanako.get(f"/applications/{case}/withdraw"), f"/applications/{case}/withdraw")
    with database.command("age") as session:
        session.get_one(Application, case).ended_at = clock.now() - timedelta(days=1_826)
    with database.job("forget") as session:
        service.forget_contents(session, {})
        assert session.scalars(select(Signature.id)).all() == []
