"""What lies in 花子's mailbox: a notice of each kind, one hidden at first, files, messages, one withdrawn."""

import io
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.demo import cast
from portal.files import service as files
from portal.mailbox import rules, service
from portal.mailbox.answering import service as answering
from portal.mailbox.attachments import service as attachments
from portal.mailbox.models import Delivery, Notice
from portal.mailbox.opening import Reader
from portal.mailbox.rules import Kind, State, Strength
from portal.residents import service as residents
from portal.segments import service as segments
from portal.staff.models import Member

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n161\n%%EOF\n"
)
DAYS_OLD = {"holidays": 9, "meeting": 8, "rules": 6, "late": 20, "checkup": 5, "result": 4, "gone": 7, "sakura": 3}


def load(session: Session, settings: Settings) -> None:
    """Loading twice adds nothing."""
    member = session.scalars(select(Member).where(Member.login_id == cast.SENDER.login_id)).one_or_none()
    hanako = residents.find_by_number(session, cast.HANAKO.addressee_number)
    sakura = residents.find_by_number(session, cast.SAKURA.addressee_number)
    if member is None or hanako is None or sakura is None:
        return
    clerk = Actor(ActorKind.STAFF, member.id, f"市役所 {cast.SENDER.section} 000001", section=member.section_id)
    if session.scalar(select(Notice.number).where(Notice.section_id == member.section_id).limit(1)):
        return
    today = clock.today()
    segments.keep(session, clerk, "若葉区で6歳未満のお子さんがいる方", segments.simple(ward="若葉区", child_under=6))
    _send(session, clerk, hanako.id, "holidays", HOLIDAYS, Kind.INFORMATION, settings=settings)
    _send(session, clerk, hanako.id, "late", LATE, Kind.TASK, due_on=today - timedelta(days=3))
    _send(session, clerk, hanako.id, "rules", RULES, Kind.CONFIRMATION, due_on=today + timedelta(days=14))
    checkup = _send(
        session, clerk, hanako.id, "checkup", CHECKUP, Kind.REPLY, due_on=today + timedelta(days=10), choices=DAYS
    )
    _send(session, clerk, hanako.id, "result", RESULT, Kind.INFORMATION, strength=Strength.PASSKEY_OR_CARD)
    gone = _send(session, clerk, hanako.id, "gone", HOLIDAYS, Kind.INFORMATION)
    gone.state = rules.WITHDRAWN
    _send(session, clerk, sakura.id, "sakura", PICTURES, Kind.INFORMATION)
    _talk(session, hanako.id, checkup.id)
    session.flush()


def _send(
    session: Session,
    clerk: Actor,
    to: UUID,
    name: str,
    texts: dict[str, dict[str, str]],
    kind: Kind,
    *,
    due_on: date | None = None,
    settings: Settings | None = None,
    strength: Strength = Strength.PASSWORD,
    choices: dict[str, Any] | None = None,
) -> Notice:
    """One notice in one mailbox, some days ago; read, where its text can be."""
    notice = service.write(
        session,
        clerk,
        kind=kind,
        texts=texts,
        segment=segments.simple(child_under=3),
        strength=strength,
        choices=choices,
    )
    notice.due_on = due_on  # may lie in the past: the notice was sent before that
    if settings is not None:
        _attach(session, settings, notice)
    at = clock.now() - timedelta(days=DAYS_OLD[name])
    notice.state, notice.sent_at = str(State.SENT), at
    is_read = notice.strength == Strength.PASSWORD and name != "sakura"
    read_at = at + timedelta(hours=3) if is_read else None
    session.add(Delivery(resident_id=to, notice_number=notice.number, delivered_at=at, read_at=read_at))
    session.flush()
    return notice


def _attach(session: Session, settings: Settings, notice: Notice) -> None:
    calendar = "12月の暦。開館日は青、休館日は灰色です。"
    for name, content, alt in (("開館日の表.png", _picture(), calendar), ("利用案内.pdf", PDF, "")):
        prepared = files.prepare(name, content, megabytes=attachments.MEGABYTES, scan=None)
        attachments.attach(session, settings.file_ring, notice, prepared, alt=alt)


def _picture() -> bytes:
    """A month as a picture: open days in blue, closed ones in grey."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (700, 480), "white")
    draw = ImageDraw.Draw(picture)
    for day in range(31):
        left, top = 14 + (day + 2) % 7 * 96, 14 + (day + 2) // 7 * 92
        colour = "#cfd4da" if day >= 27 or (day + 2) % 7 == 1 else "#2f6fde"
        draw.rounded_rectangle((left, top, left + 84, top + 80), 10, fill=colour)
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()


def _talk(session: Session, hanako: UUID, notice_id: UUID) -> None:
    reader = Reader(hanako, hanako)
    with clock.freeze(clock.now() - timedelta(days=2)):
        answering.settle(session, reader, notice_id, choice=1, words="午前中だと助かります。")
        answering.write_message(session, reader, notice_id, "きょうだいも一緒に連れて行けますか。")


HOLIDAYS = {
    "ja": {
        "title": "年末年始の子育て支援館の開館日",
        "body": "子育て支援館は12月28日から1月3日まで休みます。\n\n開館日の表と利用案内を付けました。",
    },
    "en": {
        "title": "Opening days of the child support centre",
        "body": "The centre is closed from 28 December to 3 January.\n\nA calendar and a guide are attached.",
    },
}
LATE = {
    "ja": {
        "title": "予防接種の予診票を送ってください",
        "body": "さくらさんの予診票がまだ届いていません。郵送か窓口で出してください。",
    },
    "en": {
        "title": "Please send the vaccination form",
        "body": "We have not received the form yet. Send it by post or hand it in at the window.",
    },
}
RULES = {
    "ja": {
        "title": "一時預かりの利用のきまりが変わります",
        "body": "1月から、当日の取り消しは朝8時までに連絡が必要です。\n\n内容を読んだら、下のボタンで知らせてください。",
    },
    "en": {
        "title": "New rules for temporary child care",
        "body": "From January, cancel on the day by 8 in the morning.\n\nWhen you have read this, tell us with the button.",
    },
}
CHECKUP = {
    "ja": {
        "title": "1歳6か月健診の希望日",
        "body": "さくらさんの健診の日を選んでください。\n\n会場は中央保健福祉センターです。",
    },
    "en": {
        "title": "Your day for the 18-month check-up",
        "body": "Please choose a day.\n\nThe check-up is at the health centre of Chuo ward.",
    },
}
DAYS = rules.answer_terms(
    [
        {"ja": "12月8日（火）", "en": "Tuesday 8 December"},
        {"ja": "12月15日（火）", "en": "Tuesday 15 December"},
        {"ja": "どの日も都合が悪い", "en": "None of these days"},
    ],
    changeable=True,
    text=True,
    thread=True,
)
RESULT = {
    "ja": {"title": "乳幼児健診の結果", "body": "身長と体重は標準の範囲です。気になることは次の健診で相談できます。"},
    "en": {"title": "Result of the check-up", "body": "Height and weight are within the usual range."},
}
PICTURES = {
    "ja": {"title": "絵本の引きかえ券", "body": "中央図書館で、はじめての絵本を1冊受け取れます。"},
    "en": {"title": "Voucher for a first picture book", "body": "Collect one book at the central library."},
}
