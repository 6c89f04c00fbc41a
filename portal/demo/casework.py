"""About forty cases in every state, so that worklists, due dates, second persons and letters have something to show."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.applications import service
from portal.applications.casework import notes, opinions
from portal.applications.models import Application
from portal.applications.procedures import catalogue
from portal.applications.procedures.schema import FormField, Kind
from portal.applications.rules import Reason
from portal.applications.service import Asked, Outcome
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.demo import cast
from portal.residents.models import Resident
from portal.segments import service as segments
from portal.segments.service import Condition
from portal.staff import service as staff
from portal.staff.models import Member

SEED = 2026
FEWEST = 10
"""Fewer cases than this wait: the demo has not been loaded yet."""

Step = Callable[[Session, UUID, "Staff"], None]
# (procedure, days since it was sent, what happened since)
PLAN: tuple[tuple[str, int, str], ...] = (
    ("child-allowance", 17, "fresh"),
    ("child-allowance", 15, "taken"),
    ("child-allowance", 13, "fresh"),
    ("child-allowance", 9, "corrected"),
    ("child-allowance", 8, "asked"),
    ("child-allowance", 3, "ready"),
    ("child-allowance", 2, "fresh"),
    ("child-allowance", 1, "fresh"),
    ("child-rearing-allowance", 34, "fresh"),
    ("child-rearing-allowance", 28, "proposed"),
    ("child-rearing-allowance", 27, "proposed-refusal"),
    ("child-rearing-allowance", 21, "opinion"),
    ("child-rearing-allowance", 20, "confirmed"),
    ("child-rearing-allowance", 5, "fresh"),
    ("scholarship-reduction", 29, "proposed"),
    ("scholarship-reduction", 24, "asked"),
    ("scholarship-reduction", 12, "fresh"),
    ("scholarship-reduction", 4, "fresh"),
    ("nursery", 31, "taken"),
    ("nursery", 26, "corrected"),
    ("nursery", 18, "refused"),
    ("nursery", 6, "fresh"),
    ("child-medical-aid", 14, "taken"),
    ("child-medical-aid", 11, "fresh"),
    ("child-medical-aid", 7, "ready"),
    ("child-medical-aid", 2, "fresh"),
    ("child-medical-aid", 1, "fresh"),
    ("care-certification", 30, "fresh"),
    ("care-certification", 27, "opinion"),
    ("care-certification", 16, "asked"),
    ("care-certification", 3, "fresh"),
    ("disaster-certificate", 21, "taken"),
    ("disaster-certificate", 19, "refused"),
    ("disaster-certificate", 10, "withdrawn"),
    ("disaster-certificate", 4, "fresh"),
    ("bulky-waste", 6, "done"),
    ("bulky-waste", 4, "fresh"),
    ("bulky-waste", 3, "fresh"),
    ("bulky-waste", 1, "fresh"),
    ("funeral-benefit", 12, "ready"),
)
TEXTS = {
    "other_children": "高校生の兄が1人います。",
    "care_needs": "卵アレルギーがあります。",
    "first": "架空みなと保育園",
    "second": "架空もみじ保育園",
    "third": "架空けやき保育園",
    "workplace": "株式会社架空商店",
    "workplace2": "架空製作所",
    "insurer": "架空健康保険組合",
    "treated": "架空こども医院、中耳炎の治療",
    "loan_number": "K-2019-0042",
    "hospital": "架空中央病院",
    "doctor": "架空 医師",
    "damage": "台風で屋根瓦がはがれ、2階の天井に雨もりがあります。",
    "things": "たんす1、ふとん2",
    "spot": "玄関前",
    "floor": "1階",
    "days": "平日の午前",
    "changed": "転んでから、ひとりで立ち上がれません。",
    "guarantor_name": "架空 保",
    "died_name": "架空 老",
    "patient_name": "架空 老",
    "patient_kana": "カクウ オイ",
}
NUMBERS = {"income": 1_480_000, "monthly": 15_000, "support": 0, "paid": 3_200, "days": 5, "hours_day": 8, "count": 3}
ASKED = {
    "child-allowance": Asked(
        "occupation", Reason.OUTDATED, "4月から勤め先が変わったと聞いています。今のお仕事を選んでください。"
    ),
    "nursery": Asked("first", Reason.INCORRECT, "この保育園は募集していません。別の園を書いてください。"),
    "scholarship-reduction": Asked("income", Reason.INCOMPLETE, "1年間の合計を書いてください。"),
    "care-certification": Asked("hospital_phone", Reason.INCORRECT, "この番号では病院につながりません。"),
}


class Staff:
    """The three who work on the cases of the demo."""

    def __init__(self, session: Session) -> None:
        self.naoto = _member(session, cast.PROCESSOR)
        self.nozomi = _member(session, cast.SECOND_PROCESSOR)
        self.section = _member(session, cast.EXPERT).section


def _member(session: Session, person: cast.Staff) -> Actor:
    member_id = session.scalars(select(Member.id).where(Member.login_id == person.login_id)).one()
    found = staff.actor_of(session, member_id)
    if found is None:
        raise LookupError(person.login_id)
    return found[0]


def load(session: Session) -> None:
    """Send and work on the cases of PLAN. Loading twice adds nothing; a city of the cast alone has none."""
    if len(service.waiting_to_check(session)) > FEWEST:
        return
    parents, others = (
        _neighbours(session, segments.simple(child_under=5)),
        _neighbours(session, segments.simple(age_from=46, age_to=66)),
    )
    team, chance = Staff(session), Random(f"{SEED} casework")  # noqa: S311 - made-up neighbours
    for procedure, days, state in PLAN:
        who = next(parents if procedure.startswith(("child", "nursery")) else others, None)
        if who is not None:
            _play(session, team, chance, who, (procedure, days, state))


def _neighbours(session: Session, segment: Condition) -> Iterator[UUID]:
    """Made-up people who have sent nothing yet, the same ones in every city of one size."""
    cast_numbers = [person.addressee_number for person in cast.RESIDENTS]
    query = (
        select(Resident.id, Resident.household_number)
        .where(
            Resident.id.in_(segments.ids(segment)),
            Resident.addressee_number.not_in(cast_numbers),
            Resident.id.not_in(select(Application.resident_id).where(Application.resident_id.is_not(None))),
        )
        .order_by(Resident.addressee_number)
        .limit(3 * len(PLAN))
    )
    known: set[str] = set()
    for resident_id, household in session.execute(query).all():
        if household not in known or len(known) == 1:  # of one household two send: the check for duplicates finds it
            yield resident_id
        known.add(household)


def _play(session: Session, team: Staff, chance: Random, who: UUID, plan: tuple[str, int, str]) -> None:
    procedure, days, state = plan
    now = clock.now()
    sent = now - timedelta(days=days, minutes=chance.randrange(600))
    with clock.freeze(sent):
        case_id = send(session, chance, who, procedure)
    steps = STEPS[state]
    for number, step in enumerate(steps, start=1):
        later = sent + (now - sent) * number / (len(steps) + 1)
        with clock.freeze(now - timedelta(minutes=chance.randrange(1, 200)) if step is _take else later):
            step(session, case_id, team)
            session.flush()


def send(session: Session, chance: Random, who: UUID, procedure: str) -> UUID:
    """Fill in and send one application."""
    draft = service.start_draft(session, who, procedure)
    draft.answers = _answers(chance, draft)
    draft.seen = [section.name for section in catalogue.version(draft.procedure, draft.version).asked(draft.answers)]
    session.flush()
    service.submit(session, Actor(ActorKind.RESIDENT, who), draft.id)
    return draft.id


def _answers(chance: Random, draft: Application) -> dict[str, Any]:
    """What somebody plausible answers: what the city knows, now and then corrected, and the rest by kind of question."""
    procedure = catalogue.version(draft.procedure, draft.version)
    answers: dict[str, Any] = dict(draft.answers)
    for section in procedure.sections:
        for field in section.fields:
            if answers.get(field.name) in (None, "", []):
                answers[field.name] = _answer(chance, field, draft)
    address = answers.get("address")
    if isinstance(address, dict) and chance.random() < 0.4:
        notation = str(address["street"]).replace("丁目", "-").replace("番", "-").removesuffix("号")
        answers["address"] = (
            address | {"street": notation} if chance.random() < 0.6 else address | {"building": "架空ハイツ203"}
        )
    return procedure.told({name: answer for name, answer in answers.items() if answer is not None})


def _answer(chance: Random, field: FormField, draft: Application) -> Any:
    if field.type is Kind.YES_NO:
        return "no" if chance.random() < 0.8 else "yes"
    if field.type is Kind.CHOICE:
        return chance.choice((field.options[0], *field.options[2:3])).value
    if field.type is Kind.MEMBERS:
        return [person["id"] for person in draft.known.get(str(field.prefill)) or ()]
    if field.type is Kind.ROWS:
        return [{column.name: _answer(chance, column, draft) for column in field.columns}]
    if field.type in (Kind.NUMBER, Kind.AMOUNT):
        return min(max(NUMBERS.get(field.name, 2), field.least), field.most)
    if field.type is Kind.DATE:
        return _day(chance, field).isoformat()
    return TEXTS.get(field.name) or USUAL.get(field.type, "なし")


ADDRESS = {"postal": "2600001", "town": "千葉県千葉市中央区都町", "street": "9丁目9番9号", "building": ""}
BANK = {
    "bank": "架空銀行",
    "bank_code": "9999",
    "branch": "千葉",
    "branch_code": "001",
    "kind": "ordinary",
    "number": "1234567",
    "holder": "カクウ タロウ",
}

USUAL: dict[Kind, Any] = {
    Kind.ADDRESS: ADDRESS,
    Kind.BANK: BANK,
    Kind.PHONE: "09000001234",
    Kind.EMAIL: "tonari@example.jp",
    Kind.NAME: "架空 太郎",
    Kind.KANA: "カクウ タロウ",
}


def _day(chance: Random, field: FormField) -> date:
    """A day the field takes; of a birth long ago, of a wish soon."""
    if field.name.endswith("birth_date"):
        return date(1943, 5, 1) if (field.earliest_days or 0) > 20_000 else clock.today() - timedelta(days=500)
    if not field.earliest_days:
        return clock.today() + timedelta(days=min(field.latest_days or 0, chance.randrange(10, 40)))
    return clock.today() - timedelta(days=min(field.earliest_days, chance.randrange(3, 12)))


def _take(session: Session, case_id: UUID, team: Staff) -> None:
    service.claim(session, case_id, team.naoto)


def _ask(session: Session, case_id: UUID, team: Staff) -> None:
    service.claim(session, case_id, team.naoto)
    service.ask_correction(session, case_id, team.naoto, [ASKED[session.get_one(Application, case_id).procedure]])


def _correct(session: Session, case_id: UUID, _team: Staff) -> None:
    case = session.get_one(Application, case_id)
    typed = {"occupation": ["self-employed"], "first": ["架空すみれ保育園"], "income": ["1520000"]}
    field = ASKED[case.procedure].field
    reply = {f"reply-{field}": ["気づかずにすみません。直しました。"]}
    service.correct(session, Actor(ActorKind.RESIDENT, case.resident_id), case_id, {field: typed[field]} | reply)


def _approve(session: Session, case_id: UUID, team: Staff) -> None:
    service.claim(session, case_id, team.naoto)
    service.decide(session, case_id, team.naoto, Outcome.APPROVE)


def _refuse(session: Session, case_id: UUID, team: Staff) -> None:
    service.claim(session, case_id, team.naoto)
    words = (
        "提出された資料からは、要件にあたる事実を確認できませんでした。\n新しい資料があるときは、もう一度申請できます。"
    )
    service.decide(session, case_id, team.naoto, Outcome.REJECT, words)


def _confirm(session: Session, case_id: UUID, team: Staff) -> None:
    service.claim(session, case_id, team.nozomi)
    service.confirm(session, case_id, team.nozomi)


def _note(session: Session, case_id: UUID, team: Staff) -> None:
    notes.write(session, case_id, team.naoto, "電話で生活の様子を聞き取りました。所管課に意見を聞きます。")


def _opinion(session: Session, case_id: UUID, team: Staff) -> None:
    if team.section is not None:
        question = "この理由で支給の対象になるか、意見をください。"
        opinions.ask(
            session, case_id, team.naoto, section_id=team.section, question=question, fields=["reason", "kind"]
        )


def _withdraw(session: Session, case_id: UUID, _team: Staff) -> None:
    case = session.get_one(Application, case_id)
    service.withdraw(session, Actor(ActorKind.RESIDENT, case.resident_id), case_id)


STEPS: dict[str, tuple[Step, ...]] = {
    "fresh": (),
    "taken": (_take,),
    "asked": (_ask,),
    "corrected": (_ask, _correct),
    "ready": (_approve,),
    "done": (_approve,),
    "refused": (_refuse,),
    "proposed": (_approve,),
    "proposed-refusal": (_refuse,),
    "confirmed": (_approve, _confirm),
    "opinion": (_note, _opinion),
    "withdrawn": (_withdraw,),
}
