"""What is in the books when a city brings its schema up to date is still there afterwards, in its new place."""

from uuid import UUID

from sqlalchemy import Connection, text

from portal import migrations
from portal.core.uow import Database
from portal.demo.load import load_city

BEFORE = "0012-1"
CLERK, SECTION, OTHER = (UUID(int=number) for number in (1, 2, 3))
AT = "2026-11-22 00:00:00+00"


def insert(connection: Connection, table: str, **row: object) -> None:
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), row)


def hexed(connection: Connection, value: UUID) -> object:
    """SQLite keeps an id as 32 hex digits."""
    return value.hex if connection.dialect.name == "sqlite" else value


def a_city_of_yesterday(connection: Connection) -> None:
    def of(value: UUID) -> object:
        return hexed(connection, value)

    insert(connection, "sections", id=of(SECTION), office="honcho", name="こども家庭支援課")
    insert(connection, "sections", id=of(OTHER), office="shori", name="集中処理センター")
    clerk = {"number": "1", "login_id": "clerk", "password_hash": "x", "name": "架空", "roles": "[]", "active": True}
    insert(connection, "staff_members", id=of(CLERK), section_id=of(OTHER), created_at=AT, **clerk)
    notice = {"kind": "information", "state": "sent", "texts": "{}", "facts": "{}", "procedure": "", "link": ""}
    by_clerk = {"author_id": of(CLERK), "segment": "{}", "written_at": AT}
    by_system = {**by_clerk, "author_id": None}
    written = (("市役所 こども家庭支援課", by_clerk), ("a former name", by_clerk), ("集中処理センター", by_system))
    for number, (section, author) in enumerate(written):
        insert(connection, "notices", id=of(UUID(int=10 + number)), section=section, **notice, **author)
    person = connection.execute(text("SELECT id FROM residents LIMIT 1")).scalar_one()
    insert(connection, "deliveries", resident_id=person, notice_number=1, delivered_at=AT)
    session = {"who": "{}", "assurance": 1, "device": "", "started_at": AT, "seen_at": AT, "ends_at": AT}
    for kind in ("staff", "resident"):
        insert(connection, "web_sessions", token_hash=kind, kind=kind, actor_id=of(CLERK), **session)


def test_notices_go_to_the_section_their_words_name(database: Database) -> None:
    with database.command("people") as session:
        load_city(session, residents=0)
    migrations.downgrade(database.engine, BEFORE)
    with database.engine.execution_options(writes=True).begin() as connection:
        a_city_of_yesterday(connection)
    migrations.upgrade(database.engine)
    with database.engine.connect() as connection:
        found = connection.execute(text("SELECT section_id FROM notices ORDER BY id")).scalars().all()
        assert [one and UUID(str(one)) for one in found] == [SECTION, OTHER, None]
        assert connection.execute(text("SELECT kind FROM web_sessions")).scalars().all() == ["resident"]


def test_of_two_cards_a_race_left_the_newer_one_stays(database: Database) -> None:
    with database.command("people") as session:
        load_city(session, residents=0)
    migrations.downgrade(database.engine, BEFORE)
    with database.engine.execution_options(writes=True).begin() as connection:
        person = connection.execute(text("SELECT id FROM residents LIMIT 1")).scalar_one()
        for number in (1, 2):
            card = {"issuer": "x", "serial": str(number), "fingerprint": "x", "valid_until": AT}
            enrolled = f"2026-11-2{number} 00:00:00+00"
            one = hexed(connection, UUID(int=20 + number))
            insert(connection, "card_enrolments", id=one, resident_id=person, enrolled_at=enrolled, **card)
    migrations.upgrade(database.engine)
    with database.engine.connect() as connection:
        valid = text("SELECT serial FROM card_enrolments WHERE ended_at IS NULL")
        assert connection.execute(valid).scalars().all() == ["2"]
