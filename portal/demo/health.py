"""花子's steps of three weeks, and 太郎's, four days of which are the same as hers, and what he says to that; a file
of a class that waits for the chief; names on the thank-you board."""

from datetime import timedelta
from io import BytesIO
from uuid import UUID

from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor
from portal.core.crypto import derive_key
from portal.demo import cast
from portal.demo.volunteering import HEALTH, person, staff_member
from portal.facts import service as facts
from portal.points.health import attendance, objections, rules, service
from portal.points.health.attendance_seal import MARK, Safe
from portal.points.recognition import service as recognition
from portal.points.recognition.rules import State

STEPS = (8_213, 6_540, 11_902, 4_317, 9_020, 7_655, 12_480, 3_998, 8_874, 10_236, 5_121, 7_049, 9_933, 6_208)
OWN = (5_310, 7_712, 6_049)
CLASSES = (2, 4, 6, 8, 10, 12)


def load(session: Session, settings: Settings) -> None:
    """For an empty city."""
    hanako, taro = person(session, cast.HANAKO), person(session, cast.TARO)
    for who in (hanako, taro):
        facts.give_consent(session, who, rules.TOPIC)
    key = derive_key(settings.master, service.MARK)
    _bring(session, key, hanako, STEPS)
    _bring(session, key, taro, STEPS[:4] + OWN)
    objections.object_to(session, taro, "妻と毎朝いっしょに歩いています。歩数計を1台で使っていた日があります。")
    keeper = staff_member(session, cast.POINTS_KEEPER)
    recognition.ask(session, hanako, "はなちゃん")
    recognition.decide(session, keeper, hanako, "はなちゃん", state=State.SHOWN)
    recognition.ask(session, person(session, cast.ICHIRO), "みどりのおじさん")
    _class(session, settings, keeper)


def _class(session: Session, settings: Settings, keeper: Actor) -> None:
    """健康教室 every other day, brought by one member of staff: worth more than one gives alone."""
    days = (clock.today() - timedelta(days=ago) for ago in CLASSES)
    rows = [
        f"{one.addressee_number},{day}" for day in days for one in (cast.HANAKO, cast.TARO, cast.ICHIRO, cast.MARIA)
    ]
    file = BytesIO(("宛名番号,参加日\n" + "\n".join(rows)).encode())
    safe = Safe(settings.file_ring, derive_key(settings.master, MARK))
    attendance.take(session, safe, keeper, file, HEALTH)


def _bring(session: Session, key: bytes, who: UUID, steps: tuple[int, ...]) -> None:
    yesterday = clock.today() - timedelta(days=1)
    service.bring(session, key, who, {yesterday - timedelta(days=ago): count for ago, count in enumerate(steps)})
