"""Programmes two members of staff agreed on, organisations, what they publish, and who takes part."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.cards.events import CardRead
from portal.cards.service import Service
from portal.core import clock
from portal.core.actor import Actor
from portal.core.clock import JST
from portal.core.ids import new_id
from portal.demo import cast, devices
from portal.devices.service import find as find_machine
from portal.points import e_services
from portal.points.ledger.rules import Reason
from portal.points.programmes import service as programmes
from portal.points.programmes.rules import Unit
from portal.points.volunteering import hosting, hours, objections, taking_part, touching
from portal.points.volunteering.models import VolunteerActivity, VolunteerHost
from portal.points.volunteering.rules import State
from portal.residents import service as residents
from portal.staff import service as staff

VOLUNTEERING, HEALTH, WALKING, VISITS, EVENTS, APPLICATIONS = (
    "volunteer-2026",
    "health-2026",
    "walk-2026",
    "visits-2026",
    "events-2026",
    "e-services-2026",
)
OFFERED = (
    (3, "10:00", "12:00", "中央区", "花壇の手入れ", "中央公園 東入口", "軍手と飲み物をお持ちください。"),
    (6, "09:00", "11:00", "美浜区", "海辺の清掃", "いなげの浜 駐車場前", "長靴があると便利です。袋は用意します。"),
    (9, "13:30", "16:00", "緑区", "子ども食堂の手伝い", "おゆみ野公民館", "エプロンと三角巾をお持ちください。"),
    (14, "10:00", "11:30", "稲毛区", "図書館の本の修理", "稲毛図書館 2階", "初めての方にも説明します。"),
    (21, "09:30", "12:00", "若葉区", "里山の下草刈り", "いずみの森 管理棟", "長袖と長ズボンでお越しください。"),
)
"""Days ahead, from, until, ward, what, where, and what to bring."""
OPENED = (
    (
        5,
        "10:00",
        "15:00",
        "中央区",
        "区民まつり",
        "中央公園 芝生広場",
        "屋台、昔の遊び、消防車の試乗があります。",
    ),
    (
        12,
        "18:30",
        "20:00",
        "花見川区",
        "防災を学ぶ夜",
        "花見川区役所 2階",
        "備えと避難を、地図を見ながら話し合います。",
    ),
    (
        19,
        "18:30",
        "20:00",
        "花見川区",
        "防災を学ぶ夜",
        "花見川区役所 2階",
        "備えと避難を、地図を見ながら話し合います。",
    ),
)
"""Events of the city, as above; the evenings are two sessions of one event."""
GREEN = "みどりの会（架空）"
PAST = ((10, "公園の落ち葉はき", "中央公園 東入口"), (17, "通学路の見守り", "中央小学校 正門"))


def load(session: Session) -> None:
    """For an empty city."""
    keeper, chief = staff_member(session, cast.POINTS_KEEPER), staff_member(session, cast.POINTS_CHIEF)
    _agree(session, keeper, chief)
    host = hosting.register(session, keeper, name=GREEN, programme=VOLUNTEERING)
    ichiro = hosting.name_keeper(session, keeper, host.id, cast.ICHIRO.addressee_number)
    hosting.agree_keeper(session, chief, host.id, ichiro)
    hosting.name_keeper(session, keeper, host.id, cast.MARIA.addressee_number)  # waits for the chief
    hosting.place_terminal(session, devices.HOST, host.id)
    hanako, maria = person(session, cast.HANAKO), person(session, cast.MARIA)
    for ahead, begins, ends, ward, *words in OFFERED:
        one = publish(session, host.id, clock.today() + timedelta(days=ahead), begins, ends, ward, words)
        if ahead < 7:
            taking_part.apply(session, hanako, one.id)
    _events(session, keeper, hanako)
    for ago, title, meeting in PAST:
        _past(session, host.id, ago, (title, meeting), people=(hanako, ichiro, maria), keeper=ichiro)


def _events(session: Session, keeper: Actor, hanako: UUID) -> None:
    """What the city's section publishes itself; 花子 has a place in the evenings."""
    city = hosting.register(session, keeper, name="市民自治推進課（架空）", programme=EVENTS)
    made = []
    for ahead, begins, ends, ward, *words in OPENED:
        one = publish(session, city.id, clock.today() + timedelta(days=ahead), begins, ends, ward, words)
        one.programme, one.is_event, one.walk_in, one.seats = EVENTS, True, ahead < 7, 200 if ahead < 7 else 40
        made.append(one)
    series = new_id()
    for evening in made[1:]:
        evening.series = series
        taking_part.apply(session, hanako, evening.id)


def staff_member(session: Session, one: cast.Staff) -> Actor:
    known = staff.password_of(session, one.login_id)
    found = staff.actor_of(session, known[0]) if known else None
    assert found
    return found[0]


def host_of(session: Session) -> UUID:
    """一郎's organisation."""
    return session.scalars(select(VolunteerHost.id).where(VolunteerHost.name == GREEN)).one()


def person(session: Session, one: cast.Resident) -> UUID:
    found = residents.find_by_number(session, one.addressee_number)
    assert found
    return found.id


def _agree(session: Session, keeper: Actor, chief: Actor) -> None:
    """Programmes in force, and new terms that wait for the chief."""
    begins, ends = clock.today() - timedelta(days=120), clock.today() + timedelta(days=245)
    title = _title("ボランティア", "Volunteering", "志愿活动", "봉사 활동", "Voluntariado", "Voluntariado")
    terms: dict[str, Any] = {
        "title": title, "points": 60, "budget": 500_000, "per_day": 300, "per_month": 1_500, "per_person": None,
        "begins_on": begins, "ends_on": ends, "why": "地域の活動に参加する人を増やすため",
    }  # fmt: skip
    programmes.create(session, keeper, code=VOLUNTEERING, reason=Reason.VOLUNTEERING, unit=Unit.HOUR, facts=terms)
    programmes.approve(session, chief, VOLUNTEERING, 1)
    newer = {
        "points": 80,
        "budget": 650_000,
        "begins_on": clock.today() + timedelta(days=40),
        "why": "参加者の声にこたえて",
    }
    programmes.propose(session, keeper, VOLUNTEERING, terms | newer)
    for code, reason, unit, facts in _others():
        programmes.create(session, keeper, code=code, reason=reason, unit=unit, facts=terms | facts)
        programmes.approve(session, chief, code, 1)


def _others() -> tuple[tuple[str, Reason, Unit, dict[str, Any]], ...]:
    """Every other programme, and in what its terms differ."""
    health = {
        "title": _title("健康づくり", "Health", "健康", "건강", "Salud", "Saúde"),
        "points": 50,
        "budget": 200_000,
    }
    walking = {
        "title": _title("ウォーキング", "Walking", "步行", "걷기", "Caminar", "Caminhada"),
        "points": 1, "budget": 300_000, "per_day": 10, "per_month": 200,
    }  # fmt: skip
    visits = {
        "title": _title(
            "Web予約での来庁", "Visits reserved online", "网上预约来访", "온라인 예약 방문", "Visitas reservadas en línea",
            "Visitas reservadas on-line",
        ),
        "points": 20, "budget": 100_000, "per_day": 20, "per_month": 60, "why": "窓口の混雑と予約の空きをへらすため",
    }  # fmt: skip
    events = {
        "title": _title("地域のイベント", "Events", "社区活动", "지역 행사", "Actos del barrio", "Eventos do bairro"),
        "points": 30, "budget": 150_000, "per_day": 60, "per_month": 180, "why": "はじめて参加する人を増やすため",
    }  # fmt: skip
    sent = {"title": e_services.TITLE, "points": 1, "budget": 400_000, "per_day": None, "per_month": None,
            "why": "来庁せずに済む手続きを広めるため"}  # fmt: skip
    return (
        (HEALTH, Reason.HEALTH, Unit.ACT, health), (WALKING, Reason.HEALTH, Unit.STEPS, walking),
        (EVENTS, Reason.EVENT, Unit.ACT, events), (VISITS, Reason.E_SERVICE, Unit.ACT, visits),
        (APPLICATIONS, Reason.E_SERVICE, Unit.PROMISED, sent),
    )  # fmt: skip


def _title(*texts: str) -> dict[str, str]:
    return dict(zip(("ja", "en", "zh", "ko", "es", "pt"), texts, strict=True))


def publish(
    session: Session, host_id: UUID, day: date, begins: str, ends: str, ward: str, words: list[str]
) -> VolunteerActivity:
    """As an organisation publishes it; also for days that are over, which no page lets them choose."""
    title, meeting, about = words
    one = VolunteerActivity(
        host_id=host_id, programme=VOLUNTEERING, title=title, about=about, ward=ward, meeting=meeting,
        starts_at=_at(day, begins), ends_at=_at(day, ends), seats=20, taken=0, state=State.OPEN,
        published_at=clock.now() - timedelta(days=30),
    )  # fmt: skip
    session.add(one)
    session.flush()
    return one


def _at(day: date, typed: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(typed), JST)


def _past(
    session: Session, host_id: UUID, ago: int, words: tuple[str, str], *, people: tuple[UUID, ...], keeper: UUID
) -> None:
    """花子's hours are paid, those of the keeper himself wait for the city, Maria objects to hers."""
    day = clock.today() - timedelta(days=ago)
    one = publish(session, host_id, day, "10:00", "12:00", "中央区", [*words, "動きやすい服でお越しください。"])
    with clock.freeze(one.starts_at - timedelta(days=1)):
        for who in people:
            taking_part.apply(session, who, one.id)
    _touch(session, people[0], one)
    with clock.freeze(one.ends_at + timedelta(days=1)):
        mine, own, other = (taking_part.place_of(session, who, one.id) for who in people)
        assert mine
        assert own
        assert other
        hours.approve(session, keeper, one.id, {mine.id: 120, own.id: 120 if ago == PAST[0][0] else 0, other.id: 60})
        if ago == PAST[0][0]:
            objections.object_to(session, people[2], one.id, minutes=120, words="12時まで参加しました。")


def _touch(session: Session, who: UUID, one: VolunteerActivity) -> None:
    """Her card on the organisation's terminal, as she comes and as she goes."""
    machine = find_machine(session, devices.HOST)
    assert machine
    for at in (one.starts_at - timedelta(minutes=6), one.ends_at + timedelta(minutes=2)):
        with clock.freeze(at):
            touching.on_card_read(session, CardRead(resident_id=who, client=machine.id, service=Service.POINTS, at=at))
