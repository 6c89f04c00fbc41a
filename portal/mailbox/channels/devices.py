"""Browsers that show push messages: added by their owner's own button, renewed, removed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.accounts import service as accounts
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.crypto import token_hash
from portal.core.db import insert_once
from portal.core.ids import new_id
from portal.mailbox.channels import choices, rules
from portal.mailbox.channels.models import Choice, Device
from portal.mailbox.channels.rules import Channel
from portal.mailbox.channels.ways import Ways

NO_SYNC = {"synchronize_session": False}
P256_POINT, AUTH = 65, 16  # bytes


def of(session: Session, resident_id: UUID) -> list[Device]:
    """The person's devices, the first added first."""
    query = select(Device).where(Device.resident_id == resident_id).order_by(Device.added_at, Device.id)
    return list(session.scalars(query))


def read(ways: Ways, sent: object) -> dict[str, Any]:
    """A browser's PushSubscription (its `toJSON`) as columns; DeviceRefused for anything else."""
    if ways.push is None or not isinstance(sent, Mapping) or not isinstance(sent.get("keys"), Mapping):
        raise rules.DeviceRefused
    endpoint, keys, expires = sent.get("endpoint"), sent["keys"], sent.get("expirationTime")
    if not isinstance(endpoint, str):
        raise rules.DeviceRefused
    rules.check_endpoint(endpoint, ways.push.more_hosts)
    p256dh = rules.read_key(keys.get("p256dh"), P256_POINT)
    rules.read_key(keys.get("auth"), AUTH)
    _check_point(p256dh)
    return {
        "endpoint": endpoint,
        "endpoint_hash": token_hash(endpoint),
        "p256dh": keys["p256dh"],
        "auth": keys["auth"],
        "expires_at": _instant(expires),
    }


def _check_point(p256dh: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ec

    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    except ValueError:
        raise rules.DeviceRefused from None


def _instant(milliseconds: object) -> datetime | None:
    """`expirationTime` of the Push API; what is no time is taken as none."""
    if not isinstance(milliseconds, int | float) or isinstance(milliseconds, bool) or not 0 < milliseconds < 1e14:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def add(session: Session, ways: Ways, resident_id: UUID, sent: object, *, name: str) -> None:
    """Tell the person on this browser too. A browser belongs to who added it last."""
    row = read(ways, sent)
    choices.turn_on(session, resident_id, Channel.PUSH)  # its row is also what several at once wait for
    own = select(Choice).where(Choice.resident_id == resident_id, Choice.channel == Channel.PUSH)
    session.scalars(own.with_for_update()).one()
    others = (Device.resident_id == resident_id, Device.endpoint_hash != row["endpoint_hash"])
    taken = session.scalars(select(Device.name).where(*others)).all()
    if len(taken) >= rules.MOST_DEVICES:
        raise rules.TooManyDevices(most=rules.MOST_DEVICES)
    row |= {"resident_id": resident_id, "name": accounts.told_apart(name[:110], taken), "added_at": clock.now()}
    if insert_once(session, Device.__table__, {"id": new_id(), **row}) == 0:  # type: ignore[arg-type]
        session.execute(
            update(Device).where(Device.endpoint_hash == row["endpoint_hash"]).values(**row), execution_options=NO_SYNC
        )
    did(session, Action.CREATE, whose=resident_id, what="push_devices")


def renew(session: Session, ways: Ways, old: object, sent: object) -> bool:
    """The push service gave a browser another address: who knows the old one, which is a secret, is that browser."""
    row = read(ways, sent)
    if not isinstance(old, str):
        raise rules.DeviceRefused
    known = session.scalar(select(Device.resident_id).where(Device.endpoint_hash == token_hash(old)))
    taken = session.scalar(select(Device.id).where(Device.endpoint_hash == row["endpoint_hash"]))
    if known is None or taken is not None:
        return False
    session.execute(
        update(Device).where(Device.endpoint_hash == token_hash(old)).values(**row), execution_options=NO_SYNC
    )
    did(session, Action.CHANGE, whose=known, what="push_devices")
    return True


def remove(session: Session, resident_id: UUID, device_id: UUID) -> None:
    """One device less; one that is not there is no fault. Without any, the channel is off."""
    gone = session.execute(
        delete(Device).where(Device.id == device_id, Device.resident_id == resident_id), execution_options=NO_SYNC
    )
    if gone.rowcount:  # type: ignore[attr-defined]
        did(session, Action.DELETE, whose=resident_id, what="push_devices")
    if session.scalar(select(Device.id).where(Device.resident_id == resident_id).limit(1)) is None:
        choices.turn_off(session, resident_id, Channel.PUSH)
