"""A section's program of the demo: its key, by which clients written for GOV.UK Notify send here."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.core.crypto import derive_key
from portal.mailbox.notify import keys
from portal.mailbox.notify.protocol import KeyKind
from portal.staff.models import Section

NAME = "demo"


def load(session: Session, settings: Settings) -> None:
    """Loading twice adds nothing."""
    section = session.scalar(select(Section.id).where(Section.name == "こども家庭支援課").limit(1))
    if section is None or keys.all_keys(session):
        return
    master = derive_key(settings.master, "notify")
    keys.make(session, master, section_id=section, name=NAME, kind=KeyKind.TEST, guests=())
