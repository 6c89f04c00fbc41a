"""What the card reader's program on a desk asks: does the session still stand for whose page it would hold a card?"""

from pydantic import BaseModel
from sqlalchemy.orm import Session

from portal.core.actor import Actor
from portal.core.audit import Purpose
from portal.web import card_bridge
from portal.web import session as web_session
from portal.web.access import Access
from portal.web.hall import hall
from portal.web.room import Room

room = Room("accounts_bridge", __name__, "/api/v1/bridge")


class Standing(BaseModel):
    """Whether somebody is signed in there."""

    signed_in: bool


@room.api("/sessions/<string(length=16):name>", access=Access.PUBLIC, purpose=Purpose.ACCOUNT, answer=Standing)
def standing(session: Session, actor: Actor, name: str) -> Standing:
    """Whether the session of this name stands. Open to all: the name is 64 bits of the hash of a secret, tells nothing and
    opens nothing."""
    if name == card_bridge.NOBODY:
        return Standing(signed_in=hall().settings.demo)
    return Standing(signed_in=web_session.stands(session, name))
