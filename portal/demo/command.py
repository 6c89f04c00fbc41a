"""What `portal demo` does: a new city, its accounts as JSON, its clock."""

import json
import shutil
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from portal import migrations
from portal.config import Settings
from portal.core import clock
from portal.demo import business_people, businesses, cast, load
from portal.opening import open_database

CLIENTS = {
    "kiosk-chuo-1": "kiosk",
    "sender-kosodate": "notices",
    "jidou-teate": "cases",
    "library-chuo": "cards",
    "register-sangyo": "companies",
    "grades-keiyaku": "grades",
}


def reset(settings: Settings, *, residents: int) -> None:
    """Replace everything in the database by the demo city; the machine's clock is the city's again."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    for kept in ("audit-heads*", "points-heads*"):
        for heads in settings.state_dir.glob(kept):
            shutil.rmtree(heads)
    clock.set_city_time(settings.clock_file, None)
    database = open_database(settings)
    migrations.downgrade(database.engine)
    migrations.upgrade(database.engine)
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress, database.command("demo") as session:
        task = progress.add_task("Residents of the fictitious city", total=residents)
        load.load_city(session, residents=residents, watch=lambda rows: progress.update(task, completed=rows))
        load.furnish(session, settings, companies=businesses.MANY)
    database.close()
    console.print(f"The fictitious city has {residents:,} residents, its offices, staff and accounts.")


def move_clock(settings: Settings, wanted: str) -> None:
    """Let the demo city be at *wanted* (time in Japan), or at the machine's time again (`now`)."""
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    if wanted == "now":
        clock.set_city_time(settings.clock_file, None)
        return
    try:
        instant = datetime.strptime(wanted, "%Y-%m-%d %H:%M").replace(tzinfo=clock.JST)
    except ValueError:
        raise click.BadParameter("write it like '2026-11-24 09:50', or 'now'") from None
    clock.set_city_time(settings.clock_file, instant)


def personas() -> str:
    """The people of the demo cards as `card-reader prepare --personas` reads them."""
    return json.dumps(cast.personas(), ensure_ascii=False, indent=1)


def accounts(settings: Settings) -> str:
    """Everything somebody needs to try the demo, as JSON."""
    pins = {card["persona"]: (card["auth_pin"], card["sign_pin"]) for card in cast.personas()}
    found: dict[str, Any] = {
        "note": "架空のデモです。All people, companies and numbers are fictitious.",
        "urls": {
            "portal": settings.base_url,
            "staff": f"{settings.base_url}/staff",
            "openapi": f"{settings.base_url}/openapi.json",
            "kiosk": "http://127.0.0.1:8100",
            "coin_box": "http://127.0.0.1:8110",
            "post_office": "http://127.0.0.1:8120",
            "gbizid": "http://127.0.0.1:8130",
            "payments": "http://127.0.0.1:8140",
            "private_points": "http://127.0.0.1:8150",
            "cards": "http://127.0.0.1:8300",
            "card_bridge": settings.bridge_url,
            "card_writer": settings.card_writer_url,
            "call_board": f"{settings.base_url}/board/chuo",
        },
        "residents": [
            {
                "name": person.name,
                "login_id": person.login_id,
                "password": person.password,
                "card": person.persona,
                "auth_pin": pins[person.persona][0] if person.persona in pins else "",
                "sign_pin": pins[person.persona][1] if person.persona in pins else "",
                "language": person.language,
            }
            for person in cast.RESIDENTS
            if person.login_id
        ],
        "blank_cards": {
            one.persona: "nothing is on it yet: issue it at /staff/cards, or let it replace another card"
            for one in cast.BLANK_CARDS
        },
        "staff": [
            {
                "name": member.name,
                "login_id": member.login_id,
                "password": member.password,
                "office": member.office,
                "section": member.section,
                "roles": list(member.roles),
                "does": member.does,
            }
            for member in cast.STAFF
        ],
        "companies": [
            {"gbizid": person.subject, "name": person.name, "account": person.account_type, "does": person.does}
            for person in business_people.PEOPLE
        ],
        "clients": [
            {"client_id": name, "scope": scope, "private_key": str(settings.state_dir / "clients" / f"{name}.jwk")}
            for name, scope in CLIENTS.items()
        ],
    }
    return json.dumps(found, ensure_ascii=False, indent=1)
