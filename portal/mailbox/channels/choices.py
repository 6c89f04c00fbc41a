"""What somebody chose: a channel turned on, paused, turned off. One row a person and channel."""

from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.mailbox.channels import rules
from portal.mailbox.channels.models import Choice
from portal.mailbox.channels.rules import Channel

NO_SYNC = {"synchronize_session": False}


def turn_on(session: Session, resident_id: UUID, channel: Channel) -> None:
    """Turn *channel* on, with what was chosen before, or with all topics."""
    defaults = dict.fromkeys(map(str, rules.Topic), True)
    row = {"resident_id": resident_id, "channel": channel, "hourly": False, "paused": "", "since": clock.now()}
    if insert_once(session, Choice.__table__, row | defaults):  # type: ignore[arg-type]
        did(session, Action.CREATE, whose=resident_id, what="channel_choices")
    else:
        pause(session, resident_id, channel, "")


def pause(session: Session, resident_id: UUID, channel: Channel, why: str) -> bool:
    """Send nothing there for now (*why*), or again (""); False if that was so already."""
    changed = session.execute(
        update(Choice)
        .where(Choice.resident_id == resident_id, Choice.channel == channel, Choice.paused != why)
        .values(paused=why),
        execution_options=NO_SYNC,
    )
    if changed.rowcount:  # type: ignore[attr-defined]
        did(session, Action.CHANGE, whose=resident_id, what="channel_choices(paused)")
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def turn_off(session: Session, resident_id: UUID, channel: Channel) -> None:
    """Turn *channel* off and forget what was chosen about it."""
    wanted = delete(Choice).where(Choice.resident_id == resident_id, Choice.channel == channel)
    if session.execute(wanted, execution_options=NO_SYNC).rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what="channel_choices")
