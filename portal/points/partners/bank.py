"""The bank account a shop is paid on: sealed with a key of its own, opened for the bank's file and the check alone."""

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from uuid import UUID

from portal.core.envelope import KeyRing, Wrapped, open_part, seal_part
from portal.core.words import N_


class Deposit(StrEnum):
    """預金種目, as the banks' files number them."""

    ORDINARY = "1"
    CURRENT = "2"


DEPOSIT_WORDS: dict[str, str] = {Deposit.ORDINARY: N_("Ordinary account"), Deposit.CURRENT: N_("Current account")}


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where the money goes; `holder` in half-width kana, as banks know it."""

    bank: str
    branch: str
    deposit: str
    number: str = field(repr=False)
    holder: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sealed:
    """An account as the database keeps it."""

    key_id: str
    wrapped_key: bytes
    sealed: bytes = field(repr=False)


def seal(ring: KeyRing, partner_id: UUID, account: BankAccount) -> Sealed:
    key, wrapped = ring.new_key(bound(partner_id))
    content = json.dumps(asdict(account), ensure_ascii=False).encode()
    return Sealed(wrapped.key_id, wrapped.sealed, seal_part(key, 0, content, bound(partner_id)))


def opened(ring: KeyRing, partner_id: UUID, kept: Sealed) -> BankAccount:
    """Raises SealBroken."""
    key = ring.unwrap(Wrapped(kept.key_id, kept.wrapped_key), bound(partner_id))
    return BankAccount(**json.loads(open_part(key, 0, kept.sealed, bound(partner_id))))


def bound(partner_id: UUID) -> bytes:
    """What the seal says it is for: it opens with no other shop."""
    return b"point-partner-bank\0" + partner_id.bytes
