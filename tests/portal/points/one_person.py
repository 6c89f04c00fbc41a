"""Two records that turn out to be one person: 花子's points become 葵's, as two of the staff decide."""

from uuid import UUID, uuid4

from portal.core import clock
from portal.core.uow import Database
from portal.demo import cast
from portal.points import service as points
from portal.points.joining import service
from portal.points.ledger import service as ledger
from tests.portal.points import offered
from tests.portal.points.books import grant, payment
from tests.portal.points.offered import ONE, OTHER

GONE, KEPT, THIRD = cast.HANAKO, cast.AOI, cast.KAITO
WHY = "旧姓の記録と同じ方と、戸籍で確認しました。"


def propose(database: Database, gone: cast.Resident = GONE, kept: cast.Resident = KEPT) -> UUID:
    with database.command("propose") as session:
        first, second = (service.by_number(session, one.addressee_number) for one in (gone, kept))
        return service.propose(session, ONE, first, second, WHY).id


def agree(database: Database, join_id: UUID) -> None:
    with database.command("agree") as session:
        service.agree(session, OTHER, join_id)


def join(database: Database, gone: cast.Resident = GONE, kept: cast.Resident = KEPT) -> UUID:
    made = propose(database, gone, kept)
    agree(database, made)
    return made


def account(database: Database, who: cast.Resident) -> UUID:
    with database.command("account") as session:
        return ledger.account_of(session, offered.person(session, who))


def earn(database: Database, who: cast.Resident, amount: int) -> int:
    with database.command("earn") as session:
        return grant(session, ledger.account_of(session, offered.person(session, who)), amount)


def has(database: Database, who: cast.Resident) -> int:
    with database.command("look") as session:
        return points.balance(session, offered.person(session, who))


def left_in(database: Database, account_id: UUID) -> int:
    with database.command("look") as session:
        return ledger.balance(session, account_id, clock.today())


def spend(database: Database, who: cast.Resident, amount: int) -> int:
    with database.command("spend") as session:
        source = ledger.account_of(session, offered.person(session, who))
        return ledger.spend(session, payment(session, source, amount, key=str(uuid4())))
