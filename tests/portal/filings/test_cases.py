"""A company's case goes the way of every case, and to nobody else's door."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from portal.applications import cases, drafts, guests, retention
from portal.applications import service as applications
from portal.applications.applicants import OfCompany, OfKey, OfResident
from portal.applications.casework import worklist
from portal.applications.firms import service as firms
from portal.applications.models import Application, ApplicationEvent, CorrectionRequest
from portal.applications.procedures import catalogue
from portal.applications.rules import ApplicationNotFound, ProcedureNotFound, Reason, State
from portal.applications.service import Asked, Outcome
from portal.basics import renewing
from portal.basics import service as basics
from portal.basics.rules import Kind as FactKind
from portal.companies.branches import service as branches
from portal.companies.branches.service import Said
from portal.companies.models import BusinessNotice, CompanyMember, Delegation
from portal.companies.rules import AccountClosed, NoStanding, PowerMissing
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Record
from portal.core.outbox import Promise
from portal.core.uow import Database
from portal.demo.business_people import COMPANY
from portal.demo.filings import EVENT, TAX
from portal.demo.tenders import CITY, WATER
from portal.procurement.filings import rules
from portal.procurement.filings.service import NOT_RENEWED
from portal.procurement.models import AgencySection
from portal.procurement.once import service as once
from portal.procurement.once.models import FactRead
from portal.procurement.registers import service as registers
from portal.procurement.registers.models import Registration
from portal.staff import service as staff
from tests.portal.basics.people import ring, tell
from tests.portal.filings.acting import (
    approve,
    begin,
    centre,
    clerk,
    fill_in,
    kenji,
    midori,
    other_company,
    send,
    shoko,
)


def titles(session: object) -> list[str]:
    """Without an order: two may be told at the same instant."""
    of_cases = select(BusinessNotice.title).where(BusinessNotice.key.startswith("application:"))
    return sorted(session.scalars(of_cases))  # type: ignore[attr-defined]


def test_what_was_told_before_is_not_asked_again(database: Database, town: None) -> None:
    with database.command("apply") as session:
        case = cases.open_case(session, begin(session, shoko(session)))
        states = {page.section.name: page.state for page in drafts.pages(case)}
        assert states == {
            "licence": "next", "company": "done", "company_contact": "done", "kitchen": "next", "manager": "next",
            "documents": "next",
        }  # fmt: skip
        assert case.answers["company_head"] == "架空 商子"
        assert case.answers["contact_phone"] == "0430000009"
        assert "company.account" not in case.known, "what the form does not ask is not read"
        assert (case.resident_id, case.company_id) == (None, shoko(session).company)


def test_what_nobody_confirmed_for_a_year_is_asked_again_with_its_answer(database: Database, town: None) -> None:
    with database.command("apply") as session:
        with clock.freeze(clock.now() + timedelta(days=380)):
            case = cases.open_case(session, begin(session, shoko(session), TAX))
            states = {page.section.name: page.state for page in drafts.pages(case)}
        assert states["company"] == "next"
        assert case.answers["company_head"] == "架空 商子"


def test_an_account_comes_from_the_basics_only_for_who_may_see_it(database: Database, town: None) -> None:
    with database.command("apply") as session:
        case = cases.open_case(session, begin(session, midori(session), EVENT))
        assert "account" not in case.answers
        session.delete(case)
        session.flush()
        case = cases.open_case(session, begin(session, shoko(session), EVENT))
        assert case.answers["account"]["number"] == "1000001"


def test_a_draft_belongs_to_the_company_and_is_sent_once(database: Database, town: None) -> None:
    with database.command("apply") as session:
        draft = begin(session, shoko(session))
        assert begin(session, kenji(session)) == draft == begin(session, midori(session))
        fill_in(session, kenji(session), draft)
        sent = applications.submit(session, midori(session), draft)
        number = sent.reference
        again = applications.submit(session, shoko(session), draft)
        assert (again.reference, again.sent_by) == (number, midori(session).id)
        line = session.scalars(select(ApplicationEvent).where(ApplicationEvent.kind == "submitted")).one()
        assert line.actor_label == "架空行政書士法人みどり"
        assert titles(session) == ["Sent: %(procedure)s"]
        assert firms.sender_name(session, again) == "架空 みどり"


def test_the_section_reads_what_came_along_and_the_company_sees_it(database: Database, town: None) -> None:
    with database.command("apply") as session:
        case = cases.open_case(session, send(session, shoko(session)))
        read = session.scalars(select(FactRead)).one()
        assert (read.task, read.case_ref, read.kinds) == ("application", case.reference, ["contact", "officer"])
        seen = once.reads_of(session, shoko(session).company)  # type: ignore[arg-type]
        assert [section for _read, _body, section in seen] == ["産業支援課"]
        contact = next(one for one in basics.current(session, ring(), case.company_id, [FactKind.CONTACT]))  # type: ignore[arg-type]
        tell(session, FactKind.CONTACT, instead=contact.id, since=clock.today(), phone="0430000008")
        assert len(once.changes_for(session, clerk(session))) == 1, "the section hears that it changed"


def test_approved_the_licence_holds_longer_in_the_register_and_in_the_basics(database: Database, town: None) -> None:
    with database.command("apply") as session:
        tell(session, FactKind.LICENCE, name="飲食店営業許可", number="千市保　第１号", body="千葉市")
        licence = session.scalars(select(Registration).where(Registration.number == "千市保 第1号")).one()
        before = licence.valid_until
        assert before
        sent = send(session, shoko(session))
        approve(session, sent, clerk(session))
        assert cases.open_case(session, sent).state == State.COMPLETED
        session.refresh(licence)
        assert licence.valid_until == rules.renewed_until(before, 6, clock.today())
        promise = session.scalars(select(Promise).where(Promise.kind == basics.RENEW)).one()
        for _twice in range(2):
            renewing.renew(session, promise.payload, ring=Settings().file_ring)
        facts = basics.current(session, ring(), shoko(session).company, [FactKind.LICENCE])  # type: ignore[arg-type]
        assert licence.valid_until in [one.valid_until for one in facts]
        assert len([one for one in facts if one.content["number"].endswith("第１号")]) == 1
        assert titles(session) == ["Approved: %(procedure)s", "Sent: %(procedure)s"]
        texts = set(session.scalars(select(ApplicationEvent.text).where(ApplicationEvent.application_id == sent)))
        assert "The licence was renewed in the register" in texts
        assert "A letter about the decision is in your application" in texts


def test_a_licence_withdrawn_meanwhile_is_not_renewed_and_the_case_says_so(database: Database, town: None) -> None:
    with database.command("apply") as session:
        sent = send(session, shoko(session))
        licence = session.scalars(select(Registration).where(Registration.number == "千市保 第1号")).one()
        before = licence.valid_until
        registers.withdraw(session, clerk(session), licence.id, "廃業のため")
        approve(session, sent, clerk(session))
        session.refresh(licence)
        assert licence.valid_until == before
        assert session.scalars(select(Promise).where(Promise.kind == basics.RENEW)).all() == []
        texts = set(session.scalars(select(ApplicationEvent.text).where(ApplicationEvent.application_id == sent)))
        assert NOT_RENEWED in texts


def test_a_licence_of_another_body_is_neither_offered_nor_renewed(database: Database, town: None) -> None:
    with database.command("apply") as session:
        ours = session.scalars(select(Registration).where(Registration.number == "千市保 第1号")).one()
        sent = send(session, shoko(session))
        session.execute(update(Registration).values(agency_code=WATER))
        session.expire_all()
        before = ours.valid_until
        approve(session, sent, clerk(session))
        session.refresh(ours)
        assert (ours.valid_until, ours.agency_code) == (before, WATER)
        texts = set(session.scalars(select(ApplicationEvent.text).where(ApplicationEvent.application_id == sent)))
        assert NOT_RENEWED in texts
        with pytest.raises(rules.NoLicence):
            begin(session, shoko(session))


def test_what_came_along_lies_with_every_section_of_that_name(database: Database, town: None) -> None:
    """Sections reach a case by their name, in whatever office: the company sees each of them among its reads."""
    with database.command("second") as session:
        other = next(one for one in staff.offices(session) if one.code != clerk(session).office)
        place = staff.section(session, office=other.code, name="産業支援課")
        session.add(AgencySection(section_id=place.id, agency_code=WATER))
        session.flush()
        send(session, shoko(session))
        assert {read.agency_code for read in session.scalars(select(FactRead))} == {CITY, WATER}


def test_without_a_registered_licence_there_is_nothing_to_renew(database: Database, town: None) -> None:
    with database.command("apply") as session:
        with pytest.raises(rules.NoLicence):
            begin(session, other_company(session))
        assert session.scalars(select(Application)).all() == []


def test_what_is_asked_is_corrected_by_a_colleague(database: Database, town: None) -> None:
    with database.command("apply") as session:
        sent = send(session, shoko(session), TAX)
        applications.claim(session, sent, centre(session))
        asked = Asked("copies", Reason.INCORRECT, "何通か確かめてください。")
        applications.ask_correction(session, sent, centre(session), [asked])
        assert titles(session)[0] == "Please correct something: %(procedure)s"
        assert applications.correct(session, kenji(session), sent, {"copies": ["２"]}).faults == {}
        case = cases.open_case(session, sent)
        assert (case.state, case.answers["copies"]) == (State.CORRECTED, 2)
        assert session.scalars(select(CorrectionRequest)).one().after == 2


def test_refused_and_withdrawn_are_told(database: Database, town: None) -> None:
    with database.command("apply") as session:
        sent = send(session, shoko(session), TAX)
        applications.claim(session, sent, centre(session))
        applications.decide(session, sent, centre(session), Outcome.REJECT, "未納があります。")
        other = send(session, shoko(session))
        applications.withdraw(session, midori(session), other)
        assert titles(session) == [
            "Not approved: %(procedure)s", "Sent: %(procedure)s", "Sent: %(procedure)s", "Withdrawn: %(procedure)s",
        ]  # fmt: skip


def test_an_event_needs_two_pairs_of_eyes(database: Database, town: None) -> None:
    assert catalogue.find(EVENT).four_eyes  # type: ignore[union-attr]


def test_a_forgotten_draft_is_told_of_and_goes(database: Database, town: None) -> None:
    with database.command("apply") as session:
        begin(session, shoko(session), TAX)
    with clock.freeze(clock.now() + timedelta(days=25)), database.command("warn") as session:
        retention.warn_of_expiry(session, {})
        retention.warn_of_expiry(session, {})
        assert titles(session) == ["A draft will be deleted: %(procedure)s"]
    with clock.freeze(clock.now() + timedelta(days=31)), database.command("forget") as session:
        drafts.forget_expired(session, {})
        assert session.scalars(select(Application)).all() == []


@pytest.mark.parametrize("act", ["open", "autosave", "submit", "withdraw", "discard", "correct", "change"])
def test_nobody_opens_the_case_of_another_company(database: Database, town: None, act: str) -> None:
    with database.command("apply") as session:
        draft = begin(session, shoko(session), TAX)
        for actor in (
            other_company(session),
            Actor(Kind.RESIDENT, shoko(session).company),
            Actor(Kind.RESIDENT, draft),
            Actor(Kind.STRANGER, draft),
            Actor(Kind.STRANGER, shoko(session).company),
            Actor(Kind.STAFF, shoko(session).company),
            Actor(Kind.STAFF, centre(session).id, stands_for=shoko(session).company),
        ):
            with pytest.raises(ApplicationNotFound):
                _act(session, actor, draft, act)
        assert cases.open_case(session, draft).state == State.DRAFT


def _act(session: object, actor: Actor, draft: UUID, act: str) -> object:
    deeds = {
        "open": lambda s: cases.open_case(s, draft, owner=cases.owner_of(s, actor)),
        "autosave": lambda s: applications.save_page(s, actor, draft, "delivery", {"delivery": ["post"]}),
        "submit": lambda s: applications.submit(s, actor, draft),
        "withdraw": lambda s: applications.withdraw(s, actor, draft),
        "discard": lambda s: applications.discard(s, actor, draft),
        "correct": lambda s: applications.correct(s, actor, draft, {}),
        "change": lambda s: applications.change(s, actor, draft, "delivery", {"delivery": ["post"]}),
    }
    return deeds[act](session)


def test_who_no_longer_acts_for_the_company_opens_nothing(database: Database, town: None) -> None:
    with database.command("apply") as session:
        draft = begin(session, shoko(session), TAX)
        agent, member = midori(session), kenji(session)
        session.execute(update(Delegation).values(revoked_at=clock.now()))
        session.execute(update(CompanyMember).where(CompanyMember.person_id == member.id).values(ended_at=clock.now()))
        for actor in (agent, member):
            with pytest.raises(NoStanding):
                applications.submit(session, actor, draft)


def test_a_delegation_for_something_else_is_not_enough(database: Database, town: None) -> None:
    with database.command("apply") as session:
        draft = begin(session, shoko(session), TAX)
        session.execute(update(Delegation).values(scopes=["tenders", "mailbox", "basics"]))
        for deed in (
            lambda: begin(session, midori(session), TAX),
            lambda: _act(session, midori(session), draft, "open"),
        ):
            with pytest.raises(PowerMissing):
                deed()


def test_residents_and_companies_never_meet(database: Database, town: None, cast_residents: None) -> None:
    with database.command("apply") as session:
        sent = send(session, shoko(session), TAX)
        case = cases.open_case(session, sent)
        hanako = session.scalars(select(Application.id).where(Application.resident_id.is_not(None))).all()
        assert hanako == []
        assert applications.of_resident(session, sent) == []
        assert applications.of_resident(session, case.company_id) == []  # type: ignore[arg-type]
        assert applications.find_by_reference(session, case.reference) is None, "no window, no phone finds it"
        assert not applications.summary(session, sent).may_be_booked
        assert TAX not in [name for name, _title in applications.procedure_titles()]
        assert TAX not in [one.name for one in applications.for_visits()]
        with pytest.raises(ProcedureNotFound):
            applications.start_draft(session, sent, TAX)
        with pytest.raises(ProcedureNotFound):
            guests.start(session, TAX)
        for name in ("bulky-waste", "moving-within-city", "nothing"):
            with pytest.raises(ProcedureNotFound):
                begin(session, shoko(session), name)
        kinds = set(session.scalars(select(Promise.kind).where(Promise.kind.startswith("event:"))))
        assert kinds == set(), "nobody who serves residents hears of it"


def test_a_case_is_of_one_applicant_and_the_database_holds_it(database: Database, town: None) -> None:
    with database.command("apply") as session:
        case = cases.open_case(session, begin(session, shoko(session), TAX))
        assert OfCompany(case.company_id).owns(case)  # type: ignore[arg-type]
        assert not any(
            owner.owns(case) for owner in (OfResident(case.company_id), OfKey(case.id), OfKey(case.company_id))
        )  # type: ignore[arg-type]
    with pytest.raises(IntegrityError), database.command("apply") as session:
        session.execute(update(Application).values(resident_id=Application.company_id))


def test_staff_see_whose_it_is_and_can_look_at_companies_alone(database: Database, town: None) -> None:
    with database.command("apply") as session:
        sent = send(session, shoko(session))
        page = worklist.read(session, clerk(session), worklist.Wanted(of="companies"))
        assert [(line.id, line.company) for line in page.lines] == [(sent, "株式会社架空商店")]
        assert worklist.read(session, clerk(session), worklist.Wanted(of="residents")).lines == []
        applications.open_sheet(session, sent)
    with database.command("look") as session:
        whose = session.scalars(select(Record.subject).where(Record.what == "applications.answers")).all()
        assert set(whose) == {shoko(session).company}


def test_a_second_renewal_of_the_same_licence_is_noticed(database: Database, town: None) -> None:
    from portal.applications.casework import checks

    with database.command("apply") as session:
        first = cases.open_case(session, send(session, shoko(session)))
        second = cases.open_case(session, send(session, kenji(session)))
        found = {check.code: check for check in checks.run(session, second)}
        assert first.reference in found["duplicate"].facts["references"]


def test_a_branch_applies_as_itself_with_its_companys_number(database: Database, town: None) -> None:
    with database.command("apply") as session:
        said = Said("稲毛支店", "千葉県", "千葉市稲毛区", "架空町2丁目1番1号")
        branch = branches.open_branch(session, shoko(session), said)
        here = replace(shoko(session), company=branch)
        case = cases.open_case(session, begin(session, here, EVENT))
        assert (case.company_id, firms.owner_of(session, here).id) == (branch, branch)
        known = {name: case.known.get(name) for name in ("company.name", "company.number", "company.address")}
        assert known["company.name"] == "株式会社架空商店 稲毛支店"
        assert known["company.number"] == COMPANY.corporate_number
        assert firms.draft_of(session, shoko(session), EVENT) is None, "the head office's own draft is another"
        assert firms.draft_of(session, here, EVENT) is not None
        with pytest.raises(NoStanding):
            firms.draft_of(session, replace(midori(session), company=branch), EVENT)
        branches.close(session, shoko(session), branch)
        assert firms.draft_of(session, here, EVENT) is not None, "the head office ends what was begun"
        with pytest.raises(AccountClosed):
            begin(session, here, EVENT)
