"""Notices of こども家庭支援課 in every state, with templates: nobody of the cast gets one of them."""

from datetime import datetime, time, timedelta
from random import Random

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.demo import cast
from portal.mailbox.composing import course, drafts, library, people
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.models import Plan, Step, Template
from portal.mailbox.composing.rules import Done
from portal.mailbox.following import rules as follow_ups
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.paper import gathering
from portal.mailbox.rules import Kind, State, answer_terms
from portal.segments import service as segments
from portal.segments.service import Condition
from portal.staff import service as staff
from portal.staff.models import Member

SEED = 2026
MOST = 3_000
WARD = "稲毛区"  # nobody of the cast lives there
CHECK_UP = Content(
    kind=Kind.CONFIRMATION,
    texts={
        "ja": {
            "title": "3歳児健康診査のご案内",
            "body": "((氏名)) 様\n\nお子さんの3歳児健康診査の日が近づきました。\n\n"
            "会場は((区))の保健福祉センターです。母子健康手帳をお持ちください。",
        },
        "easy": {
            "title": "3歳（さい）の 子（こ）どもの 健康（けんこう）チェック",
            "body": "3歳（さい）の 子（こ）どもの 体（からだ）を みます。お金（かね）は いりません。\n\n"
            "母子（ぼし）手帳（てちょう）を 持（も）って きて ください。",
        },
        "en": {
            "title": "Health check for three-year-olds",
            "body": "Dear ((氏名)),\n\nYour child's health check is coming up.\n\n"
            "It is at the health and welfare centre of ((区)). Please bring the maternal and child health handbook.",
        },
    },
)
CLASSES = Content(
    kind=Kind.REPLY,
    texts={
        "ja": {
            "title": "子育て教室の参加希望について",
            "body": "今年度の子育て教室を開きます。参加したい日をお答えください。\n\n費用はかかりません。",
        },
        "zh": {"title": "育儿教室报名", "body": "今年度的育儿教室即将开始。请回答您希望参加的日期。\n\n免费。"},
    },
    choices=answer_terms(
        [
            {"ja": "土曜日の午前", "zh": "星期六上午"},
            {"ja": "日曜日の午前", "zh": "星期日上午"},
            {"ja": "参加しない", "zh": "不参加"},
        ]
    ),
)
STIFF = Content(
    kind=Kind.TASK,
    texts={
        "ja": {
            "title": "児童手当に係る現況届の提出について",
            "body": "下記の期日までに当該届出書に必要事項を記載の上、遅滞なく提出されたい。なお、提出がない場合は、"
            "概ね6月以降の手当の支給が差し止められる場合があるので、速やかに提出願います。",
        }
    },
)


def load(session: Session) -> None:
    """Templates, a draft, one that waits, one for tomorrow, one that was read for days, and one withdrawn."""
    clerk, approver = _clerk(session, cast.SENDER), _clerk(session, cast.APPROVER)
    if session.scalar(select(Template.id).limit(1)) is not None:
        return
    check_up = library.found(session, clerk, "3歳児健康診査のご案内", CHECK_UP)
    library.found(session, clerk, "子育て教室（希望を聞く）", CLASSES)
    library.save(session, approver, check_up, check_up.name, _longer(CHECK_UP), base=1)
    template = (check_up.id, check_up.version)
    _sent(session, clerk, approver, CHECK_UP, template)
    _withdrawn(session, clerk)
    _on_paper(session, clerk)
    drafts.begin(session, clerk, STIFF, readers=drafts.readers_of(segments.simple(ward=WARD, child_under=18)))
    _asked(session, clerk, CLASSES, segments.simple(ward=WARD, age_from=18), None)
    tomorrow = datetime.combine(clock.today() + timedelta(days=1), time(9), JST)
    _asked(session, clerk, _longer(CHECK_UP), segments.simple(ward=WARD, age_from=20), tomorrow, approver)


def _clerk(session: Session, person: cast.Staff) -> Actor:
    member = session.scalars(select(Member).where(Member.login_id == person.login_id)).one()
    found = staff.actor_of(session, member.id)
    assert found
    return found[0]


def _longer(content: Content) -> Content:
    """The same with where to ask."""
    texts = {code: dict(text) for code, text in content.texts.items()}
    texts["ja"]["body"] += "\n\n都合が悪いときは、電話（架空）043-000-0000へご連絡ください。"
    return Content(content.kind, texts, content.strength, content.choices, content.procedure)


def _asked(
    session: Session, clerk: Actor, content: Content, segment: Condition, start: datetime | None,
    approver: Actor | None = None,
) -> None:  # fmt: skip
    """Asked for approval; and approved, so that it waits for its time."""
    notice = drafts.begin(session, clerk, content, readers=drafts.readers_of(segment))
    session.get_one(Plan, notice.number).ready = True
    session.flush()
    if people.count(session, notice) == 0:
        return
    course.submit(session, clerk, notice, seen=0, start=start, over=0)
    if approver:
        course.approve(session, approver, notice, seen=session.get_one(Plan, notice.number).digest)


def _sent(session: Session, clerk: Actor, approver: Actor, content: Content, template: tuple[object, int]) -> None:
    """Delivered six days ago; half of its readers opened it, most of them on the first day."""
    sent_at = clock.now() - timedelta(days=6, hours=3)
    notice = _old(session, clerk, content, segments.simple(ward=WARD, age_from=18), sent_at)
    plan = session.get_one(Plan, notice.number)
    plan.template_id, plan.template_version = template  # type: ignore[assignment]
    for actor, done in ((clerk, Done.ASKED), (approver, Done.APPROVED), (approver, Done.SENT)):
        drafts.note(session, notice.number, actor, done)
    session.flush()
    session.execute(update(Step).where(Step.notice_number == notice.number).values(at=sent_at))
    chance = Random(SEED)  # noqa: S311 - the same demo every time
    rows = []
    for resident_id in session.scalars(people.ids(notice).limit(MOST)):
        after = timedelta(hours=min(chance.expovariate(1 / 18), 140))
        read_at = sent_at + after if chance.random() < 0.55 else None
        rows.append(
            {"resident_id": resident_id, "notice_number": notice.number, "delivered_at": sent_at, "read_at": read_at}
        )
    if rows:
        session.execute(insert(Delivery), rows)
    plan.people = len(rows)


def _withdrawn(session: Session, clerk: Actor) -> None:
    """A mistake that was seen soon."""
    sent_at = clock.now() - timedelta(days=20)
    notice = _old(session, clerk, CLASSES, segments.simple(ward=WARD, child_under=3), sent_at)
    for resident_id in session.scalars(people.ids(notice).limit(40)):
        session.add(Delivery(resident_id=resident_id, notice_number=notice.number, delivered_at=sent_at))
    session.flush()
    course.withdraw(session, clerk, notice, "日付を間違えていました。正しいご案内をあらためてお送りします。")


def _on_paper(session: Session, clerk: Actor) -> None:
    """Two weeks ago, with a letter to who has not read it: those wait to be printed."""
    sent_at = clock.now() - timedelta(days=15)
    choices = {"follow": follow_ups.terms({follow_ups.Step.UNREAD: 7, follow_ups.Step.PAPER: 14})}
    content = Content(CHECK_UP.kind, CHECK_UP.texts, CHECK_UP.strength, choices, CHECK_UP.procedure)
    notice = _old(session, clerk, content, segments.simple(ward=WARD, child_under=6), sent_at)
    for place, resident_id in enumerate(session.scalars(people.ids(notice).limit(40))):
        read_at = sent_at + timedelta(days=1) if place % 3 else None
        session.add(
            Delivery(resident_id=resident_id, notice_number=notice.number, delivered_at=sent_at, read_at=read_at)
        )
    session.flush()
    gathering.begin(session, notice, law="", section_id=notice.section_id)


def _old(session: Session, clerk: Actor, content: Content, segment: Condition, sent_at: datetime) -> Notice:
    notice = drafts.begin(session, clerk, content, readers=drafts.readers_of(segment))
    notice.state, notice.sent_at, notice.written_at = State.SENT, sent_at, sent_at
    session.get_one(Plan, notice.number).ready = True
    session.flush()
    return notice
