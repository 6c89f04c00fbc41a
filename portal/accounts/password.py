"""A new password: by a code from the window, by the old password, or after a passkey. All other sessions end.

A code is handed to nobody but the person, whose identity was checked: with it the account is theirs alone again. Who
stole the password may have added a passkey, so all of them go; those of the owner are set up anew in a minute.
"""

from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.accounts import passkeys, timeline
from portal.accounts.events import PasswordChanged
from portal.accounts.models import Account
from portal.core.audit import Action, did
from portal.core.events import emit
from portal.web import one_time_code, signed_in


def code_of(session: Session, login_id: str) -> tuple[UUID, str] | None:
    """(resident, kept hash) of the code that is good for the account of that name."""
    resident_id = session.scalar(select(Account.resident_id).where(Account.login_id == login_id))
    kept = one_time_code.kept_of(session, resident_id) if resident_id else None
    return (resident_id, kept) if resident_id and kept else None


def use_code(session: Session, resident_id: UUID, code_hash: str, *, password_hash: str, device: str) -> bool:
    """Set the new password by the code; False if the code was used a moment ago."""
    if not one_time_code.use(session, resident_id, code_hash):
        return False
    _set(session, resident_id, password_hash, device)
    ended = passkeys.remove_all(session, resident_id)
    if ended:
        timeline.tell(session, resident_id, kind="passkeys-ended", device=device)
    emit(session, PasswordChanged(resident_id=resident_id, passkeys_ended=ended))
    return True


def set_password(session: Session, resident_id: UUID, *, password_hash: str, device: str) -> None:
    """From now on this password opens the account, wherever it was open is signed out, and its owner is told."""
    _set(session, resident_id, password_hash, device)
    emit(session, PasswordChanged(resident_id=resident_id))


def _set(session: Session, resident_id: UUID, password_hash: str, device: str) -> None:
    session.execute(update(Account).where(Account.resident_id == resident_id).values(password_hash=password_hash))
    one_time_code.forget(session, resident_id)
    signed_in.revoke(session, resident_id)
    did(session, Action.CHANGE, whose=resident_id, what="accounts(password)")
    timeline.tell(session, resident_id, kind="password-changed", device=device)
