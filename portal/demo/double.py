"""架空 葵 stands in the register twice: the older record was left open when she moved within the city. Its points wait to
be joined with hers: めぐみ proposed it, and 豊 may agree."""

from datetime import date, timedelta

from sqlalchemy.orm import Session

from portal.core import clock
from portal.demo import cast
from portal.demo.volunteering import staff_member
from portal.points.joining import service
from portal.points.ledger import service as ledger
from portal.points.ledger.entering import Entry
from portal.points.ledger.rules import Reason
from portal.residents import service as residents
from portal.residents.service import RegisterRow

NUMBER = "900000000000010"
EARNED = ((400, 120, Reason.HEALTH), (90, 200, Reason.VOLUNTEERING), (15, 50, Reason.EVENT))
"""Days ago, points, why."""
WHY = "旧姓のころの記録が残っていました。生年月日と戸籍の附票で同じ方と確認しました。"


def older() -> RegisterRow:
    """Closed ten days ago, when somebody noticed."""
    return RegisterRow(
        addressee_number=NUMBER, household_number=NUMBER, relation="世帯主", name="架空 あおい", kana=cast.AOI.kana,
        birth_date=cast.AOI.birth_date, sex=cast.AOI.sex, postal_code="2620032", ward="花見川区", town="幕張町",
        block="9丁目9998番地", building="架空荘203", moved_in=date(2015, 4, 1),
        moved_out=clock.today() - timedelta(days=10), left_because="moved", fictitious=True,
    )  # fmt: skip


def load(session: Session) -> None:
    """For an empty city."""
    residents.take(session, [older()])
    gone, kept = (residents.find_by_number(session, number) for number in (NUMBER, cast.AOI.addressee_number))
    assert gone
    assert kept
    account, city = ledger.account_of(session, gone.id), ledger.city(session)
    for days, points, reason in EARNED:
        at = clock.now() - timedelta(days=days)
        ledger.grant(session, Entry(f"demo:older:{days}", city, account, points, reason, at=at))
    service.propose(session, staff_member(session, cast.POINTS_KEEPER), gone, kept, WHY)
