"""Machine clients: recognise by token, enrol, revoke, hear how they are."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal.core import clock
from portal.core.actor import Actor
from portal.core.actor import Kind as ActorKind
from portal.core.audit import Action, did
from portal.core.crypto import token_hash
from portal.core.ids import new_id
from portal.core.permissions import Scope
from portal.devices import rules
from portal.devices.models import AccessToken, Client, UsedAssertion
from portal.devices.rules import Kind

# A machine asks for a token every ten minutes and sends a heartbeat every minute.
QUIET_AFTER = timedelta(minutes=15)


def recognise(session: Session, token: str) -> Actor | None:
    """The machine that holds *token* now; None for tokens unknown, over, or of a revoked machine."""
    row = session.execute(
        select(Client.id, Client.name, Client.office, AccessToken.scopes)
        .join(Client, Client.id == AccessToken.client)
        .where(AccessToken.token_hash == token_hash(token), AccessToken.expires_at > clock.now(), Client.active)
    ).first()
    if row is None:
        return None
    return Actor(ActorKind.CLIENT, row.id, row.name, office=row.office, scopes=frozenset(row.scopes))


def enrol(
    session: Session,
    *,
    client_id: str,
    name: str,
    kind: Kind,
    office: str,
    scopes: Iterable[Scope],
    public_key: dict[str, Any],
) -> Client:
    """Let a machine in by its public key; raises ClientIdTaken."""
    client = Client(
        id=new_id(),
        client_id=client_id,
        name=name,
        kind=str(kind),
        office=office,
        scopes=sorted(str(scope) for scope in scopes),
        public_key=public_key,
        active=True,
        enrolled_at=clock.now(),
        health={},
    )
    if find(session, client_id):
        raise rules.ClientIdTaken
    session.add(client)
    try:
        session.flush()
    except IntegrityError:
        raise rules.ClientIdTaken from None
    did(session, Action.CREATE, whose=None, what="clients", case_ref=client_id)
    return client


def revoke(session: Session, client_id: str) -> None:
    """Shut a machine out: its tokens end with this transaction, and it gets no new ones."""
    client = known(session, client_id)
    session.execute(update(Client).where(Client.id == client.id).values(active=False))
    session.execute(delete(AccessToken).where(AccessToken.client == client.id))
    did(session, Action.CHANGE, whose=None, what="clients(active)", case_ref=client_id)


def seen(session: Session, client: UUID, health: dict[str, Any]) -> None:
    """A machine said how it is (heartbeat): `{"printer": "ready", …}`."""
    session.execute(update(Client).where(Client.id == client).values(last_seen=clock.now(), health=health))


def health_of(session: Session, client: UUID) -> dict[str, Any]:
    """How it last said it was."""
    return session.scalar(select(Client.health).where(Client.id == client)) or {}


def known(session: Session, client_id: str) -> Client:
    """The machine of that ID; raises ClientUnknown."""
    client = find(session, client_id) if rules.is_client_id(client_id) else None
    if client is None:
        raise rules.ClientUnknown
    return client


def find(session: Session, client_id: str) -> Client | None:
    """The machine of that ID."""
    return session.scalar(select(Client).where(Client.client_id == client_id))


class Machine(NamedTuple):
    """A machine as other rooms know it."""

    id: UUID
    client_id: str
    name: str
    active: bool
    last_seen: datetime | None


def machines(session: Session, ids: Collection[UUID]) -> dict[UUID, Machine]:
    """These machines by id."""
    query = select(Client.id, Client.client_id, Client.name, Client.active, Client.last_seen)
    return {row.id: Machine(*row) for row in session.execute(query.where(Client.id.in_(ids)))}


class Known(NamedTuple):
    """A machine with how it last said it was."""

    id: UUID
    client_id: str
    name: str
    office: str
    last_seen: datetime | None
    health: dict[str, Any]


def kiosks(session: Session) -> list[Known]:
    """Every active kiosk, by office and ID."""
    columns = (Client.id, Client.client_id, Client.name, Client.office, Client.last_seen, Client.health)
    query = (
        select(*columns).where(Client.kind == str(Kind.KIOSK), Client.active).order_by(Client.office, Client.client_id)
    )
    return [Known(*row) for row in session.execute(query)]


def all_clients(session: Session) -> Sequence[Row[Any]]:
    """Every machine, active ones first, for the list of operators."""
    return session.execute(
        select(
            Client.client_id, Client.name, Client.kind, Client.office, Client.scopes, Client.active,
            Client.last_seen, Client.health,
        ).order_by(Client.active.desc(), Client.office, Client.client_id)
    ).all()  # fmt: skip


def forget_old(session: Session, _payload: dict[str, Any]) -> None:
    """Drop tokens and used assertions past their time (worker, hourly)."""
    session.execute(delete(AccessToken).where(AccessToken.expires_at < clock.now()))
    session.execute(delete(UsedAssertion).where(UsedAssertion.expires_at < clock.machine_now()))
