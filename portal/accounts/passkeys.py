"""Passkeys (WebAuthn level 2): register, sign in, confirm. The challenge stays on the server and is good once."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import webauthn
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal.accounts import challenges, rules
from portal.accounts.models import Account, Passkey
from portal.core import clock
from portal.core.audit import Action, did
from portal.core.db import insert_once
from portal.core.ids import new_id

MOST = 10
_VERIFIED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Site:
    """Which site passkeys belong to: its host, its origin and its name."""

    host: str
    origin: str
    name: str


def options_to_register(session: Session, account: Account, site: Site, *, binding: str) -> str:
    """What the browser needs to make a passkey (JSON); the challenge is bound to *binding*."""
    value = secrets.token_bytes(32)
    challenges.keep(session, f"passkey-new {binding}", value)
    options = webauthn.generate_registration_options(
        rp_id=site.host,
        rp_name=site.name,
        user_name=account.login_id,
        user_id=account.user_handle,
        challenge=value,
        timeout=300_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=_VERIFIED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=key.credential_id) for key in passkeys_of(session, account.resident_id)
        ],
    )
    return webauthn.options_to_json(options)


def register(
    session: Session, account: Account, site: Site, credential: dict[str, Any], *, binding: str, name: str
) -> Passkey:
    """Keep the passkey the browser made; raises PasskeyRefused or ChallengeOver."""
    challenge = challenges.take_newest(session, f"passkey-new {binding}")
    # Held until this one counts: of two added at the same instant the second sees the first.
    session.execute(select(Account.resident_id).where(Account.resident_id == account.resident_id).with_for_update())
    if len(passkeys_of(session, account.resident_id)) >= MOST:
        raise rules.TooManyPasskeys(most=MOST)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            require_user_verification=True,
        )
    except Exception as fault:  # the bytes are anybody's, and the parsers below raise more than their own errors
        raise rules.PasskeyRefused from fault
    return _keep(session, account.resident_id, made, name)


def _keep(session: Session, resident_id: UUID, made: VerifiedRegistration, name: str) -> Passkey:
    """A credential belongs to one account, whoever brings it a second time."""
    row = {
        "id": new_id(),
        "resident_id": resident_id,
        "credential_id": made.credential_id,
        "public_key": made.credential_public_key,
        "sign_count": made.sign_count,
        "name": name[:60],
        "created_at": clock.now(),
    }
    if insert_once(session, Passkey.__table__, row) == 0:  # type: ignore[arg-type]
        raise rules.PasskeyRefused
    did(session, Action.CREATE, whose=resident_id, what="passkeys")
    return session.get_one(Passkey, row["id"])


def options_to_sign_in(session: Session, site: Site, *, binding: str, whose: UUID | None = None) -> str:
    """What the browser needs to sign (JSON). With *whose* only that person's passkeys are asked for."""
    value = secrets.token_bytes(32)
    challenges.keep(session, f"passkey-get {binding}", value)
    keys = passkeys_of(session, whose) if whose else ()
    options = webauthn.generate_authentication_options(
        rp_id=site.host,
        challenge=value,
        timeout=300_000,
        allow_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in keys],
        user_verification=_VERIFIED,
    )
    return webauthn.options_to_json(options)


def sign_in(
    session: Session, site: Site, credential: dict[str, Any], *, binding: str, whose: UUID | None = None
) -> UUID:
    """The resident whose passkey signed; raises PasskeyRefused for anything that does not fit."""
    challenge = challenges.take_newest(session, f"passkey-get {binding}")
    try:
        credential_id = base64url_to_bytes(str(credential["rawId"]))
    except Exception as fault:  # the bytes are anybody's, and the parsers below raise more than their own errors
        raise rules.PasskeyRefused from fault
    passkey = session.scalar(select(Passkey).where(Passkey.credential_id == credential_id).with_for_update())
    if passkey is None or (whose and passkey.resident_id != whose):
        raise rules.PasskeyRefused
    try:
        signed = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.host,
            expected_origin=site.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as fault:  # the bytes are anybody's, and the parsers below raise more than their own errors
        raise rules.PasskeyRefused from fault
    passkey.sign_count, passkey.used_at = signed.new_sign_count, clock.now()
    return passkey.resident_id


def passkeys_of(session: Session, resident_id: UUID) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.resident_id == resident_id).order_by(Passkey.created_at)
    return session.scalars(query).all()


def remove(session: Session, resident_id: UUID, passkey_id: UUID) -> bool:
    """Take a passkey away from its owner's account; False when there is none such of theirs."""
    passkey = session.scalar(select(Passkey).where(Passkey.id == passkey_id, Passkey.resident_id == resident_id))
    if passkey is None:
        return False
    session.delete(passkey)
    return True


def remove_all(session: Session, resident_id: UUID) -> int:
    """Take every passkey away from an account; how many there were."""
    return session.execute(delete(Passkey).where(Passkey.resident_id == resident_id)).rowcount  # type: ignore[attr-defined]
