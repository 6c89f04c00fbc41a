"""The shops in which terminals stand. What cards pay on one is its shop's; another shop gets it by two people (`moving`)."""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.devices import service as devices
from portal.points.partners import contracts, rules
from portal.points.partners.change_rules import TerminalGone
from portal.points.partners.models import PartnerChange, PartnerTerminal, PointPartner


def machine(session: Session, client_id: str) -> UUID:
    """Raises NoSuchTerminal."""
    client = devices.find(session, client_id)
    if client is None:
        raise rules.NoSuchTerminal
    return client.id


def stand(session: Session, client: UUID, one: PointPartner) -> UUID:
    """A machine that stands nowhere stands in this shop from now on; the shop in which it stands."""
    row = {"client": client, "partner_id": one.id, "since": clock.now()}
    if insert_once(session, PartnerTerminal.__table__, row):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=None, what="point_partner_terminals", case_ref=str(one.id)[:8])
    return session.scalars(select(PartnerTerminal.partner_id).where(PartnerTerminal.client == client)).one()


def hand_over(session: Session, change: PartnerChange) -> None:
    """From one shop to the other, as two people agreed. Raises TerminalGone where it left that shop meanwhile."""
    there = (PartnerTerminal.client == change.client, PartnerTerminal.partner_id == change.from_id)
    moved = update(PartnerTerminal).where(*there).values(partner_id=change.partner_id, since=clock.now())
    if session.execute(moved).rowcount != 1:  # type: ignore[attr-defined]
        raise TerminalGone
    did(session, Action.CHANGE, whose=None, what="point_partner_terminals", case_ref=str(change.id)[:8])


def terminals_of(session: Session, partner_id: UUID) -> list[devices.Machine]:
    """The machines that stand in the shop."""
    ids = session.scalars(select(PartnerTerminal.client).where(PartnerTerminal.partner_id == partner_id)).all()
    return sorted(devices.machines(session, ids).values(), key=lambda one: one.client_id)


def of_terminal(session: Session, actor: Actor) -> PointPartner:
    """The shop of the terminal that calls. Raises TerminalNotOurs."""
    row = session.get(PartnerTerminal, actor.id) if actor.id else None
    if row is None:
        raise rules.TerminalNotOurs
    return contracts.partner(session, row.partner_id)
