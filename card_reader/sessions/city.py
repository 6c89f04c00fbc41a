"""The city card: a terminal's own id by its role's key, the writer's and the issuer's work, the holder's log.

The application is this project's own; card_reader/README.md specifies it.
"""

from __future__ import annotations

from dataclasses import dataclass

from card_reader import apdu, tlv
from card_reader.apdu import Command
from card_reader.connection import (
    Connection,
    change_pin,
    exchange,
    pin_tries_left,
    select_application,
    select_file,
    send,
    verify_pin,
)
from card_reader.errors import CardError, StatusError, Sw, UnexpectedAnswer
from card_reader.key_store import KeyStore
from card_reader.pinpad import Secret
from card_reader.scp03 import CardKeys, CardNotGenuine, SecureConnection, key_check_value, open_channel
from card_reader.sessions import city_names as names
from card_reader.sessions.city_entry import Entry, LogRecord, Visit, decode, encode, read_log_record
from card_reader.sessions.city_names import Role, Service
from card_reader.sessions.files import read_object

PART_LENGTH = 224  # bytes of an object that a short protected command can carry beside its own fields
WHOLE_LENGTH = 239  # the same without fields: 240 encrypted, less one of padding


class LostUpdate(CardError):
    """Somebody else wrote to the card since it was read: read again, then decide."""


@dataclass(frozen=True, slots=True)
class Basics:
    """What everybody may read: `city` is the six-digit code of the issuing city."""

    layout: int
    applet_version: str
    city: str


class CitySession:
    """The city card application of one powered card; making it selects the application."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        select_application(connection, names.AID)

    def basics(self) -> Basics:
        """Layout, applet version and city; free to read, nothing of the holder."""
        content = read_object(self._connection, names.BASICS)
        try:
            layout, version, city = (
                tlv.find(content, names.BASICS_SET, tag) for tag in (names.LAYOUT, names.APPLET_VERSION, names.CITY)
            )
        except (KeyError, tlv.MalformedTlv):
            raise UnexpectedAnswer("the free file is not in the form of layout 1") from None
        return Basics(int.from_bytes(layout, "big"), ".".join(str(part) for part in version), city.hex())

    def open(self, keys: KeyStore, kvn: int, visit: Visit | None = None) -> CityChannel:
        """Prove knowing the key of a role; `visit` is what the holder's log will say of this terminal.

        Raises KeyMissing, CardNotGenuine, and StatusError 6985 when the card is suspended or terminated.
        """
        return _open(self._connection, keys, kvn, visit)

    def open_role(self, keys: KeyStore, role: Role, visit: Visit | None = None) -> CityChannel:
        """The same with the newest keys of a role that card and store share: during a rotation cards have two
        generations. Raises what `open` does, and StatusError 6A88 where they share none.
        """
        return _open_role(self._connection, keys, role, visit)

    def tries_left(self) -> int:
        """How many wrong holder PINs remain; asking costs none."""
        select_file(self._connection, names.HOLDER_PIN)
        return pin_tries_left(self._connection)

    def verify_pin(self, pin: Secret) -> None:
        """Prove the holder's 4-digit PIN, also on a reader's keys: opens the log. Wipes a buffer; PinWrong, PinBlocked."""
        select_file(self._connection, names.HOLDER_PIN)
        verify_pin(self._connection, pin)

    def change_pin(self, pin: bytearray, fresh: bytearray) -> None:
        """Prove the holder's PIN and put another one in its place; both buffers are wiped."""
        try:
            self.verify_pin(pin)
            change_pin(self._connection, fresh)
        finally:
            fresh[:] = bytes(len(fresh))

    def log(self) -> list[LogRecord]:
        """Who read or changed this card, newest first; after the holder's PIN."""
        return _read_log(self._connection)


class CityChannel:
    """What can be done behind the key of a role; the card refuses what the role may not (StatusError 6982)."""

    def __init__(self, connection: SecureConnection, visit: Visit | None = None) -> None:
        self._connection = connection
        self._visit = b"" if visit is None else bytes(visit)

    @property
    def card_id(self) -> bytes:
        return self._connection.card_id

    def read(self, service: Service) -> Entry | None:
        """Return a service's entry, None when the card has none (1 APDU)."""
        request = Command(0x80, names.GET_DATA, *names.CURRENT_APPLICATION, self._request(service), le=256)
        data, status = exchange(self._connection, request)
        if status == Sw.REFERENCE_NOT_FOUND:
            return None
        if status != Sw.OK:
            raise StatusError(status)
        entry = decode(data)
        if entry.service is not service:
            raise UnexpectedAnswer("the card returned another service")
        return entry

    def read_all(self) -> list[Entry]:
        """Return the entries of every service on the card, for the writer (1 APDU)."""
        tags = b"".join(service.to_bytes(2, "big") for service in Service)
        request = Command(0x80, names.GET_DATA, *names.CURRENT_APPLICATION, self._listing(tags), le=256)
        data, status = exchange(self._connection, request)
        if status == Sw.REFERENCE_NOT_FOUND:
            return []
        if status != Sw.OK:
            raise StatusError(status)
        return [decode(tlv.encode(item.tag, item.value)) for item in tlv.parse(data)]

    def write(self, entry: Entry) -> None:
        """Put an entry on the card, all of it or nothing; raises LostUpdate.

        After a card was pulled, write the same entry again: the card knows whether it has it.
        """
        data = encode(entry)
        for part in _parts(entry.service, data):
            send(self._connection, Command(0x80, names.PUT_DATA, *names.CURRENT_APPLICATION, part))
        _, status = exchange(self._connection, Command(0x80, names.COMMIT, 0, 0, self._request(entry.service)))
        if status == Sw.CONDITIONS_NOT_SATISFIED:
            raise LostUpdate(f"version {entry.version} is not the next one on this card")
        if status != Sw.OK:
            raise StatusError(status)

    def log(self) -> list[LogRecord]:
        """Who read or changed this card, newest first; for the portal's role and the issuer."""
        return _read_log(self._connection)

    def suspend(self) -> None:
        """Refuse every role but the issuer until `resume`."""
        self._set_status(names.SUSPENDED)

    def resume(self) -> None:
        """Take a suspension back."""
        self._set_status(names.ACTIVE)

    def terminate(self) -> None:
        """Erase entries, keys, PIN and log; nothing brings this card back."""
        self._set_status(names.TERMINATED)

    def put_keys(self, kvn: int, keys: CardKeys, *, replacing: int = 0) -> None:
        """Add a key set beside the ones there (two generations a role), or put it in the place of another."""
        data, checks = bytes((kvn,)), bytes((kvn,))
        for key in (keys.enc, keys.mac, keys.dek):
            check = key_check_value(key)
            data += b"\x88\x11\x10" + self._connection.wrap_key(key) + b"\x03" + check
            checks += check
        if send(self._connection, Command(0x80, names.PUT_KEY, replacing, 0x81, data, le=256)) != checks:
            raise UnexpectedAnswer("the card stored other keys than it was sent")

    def delete_keys(self, kvn: int) -> None:
        """Take a key set off the card."""
        send(self._connection, Command(0x80, names.DELETE, 0, 0, bytes((0xD2, 0x01, kvn))))

    def set_pin(self, pin: bytearray) -> None:
        """Give the card a new holder PIN with all its tries. The buffer is wiped."""
        try:
            send(self._connection, Command(0x00, apdu.RESET_RETRY_COUNTER, 0x02, 0x80, pin))
        finally:
            pin[:] = bytes(len(pin))

    def _request(self, service: Service) -> bytes:
        return self._listing(service.to_bytes(2, "big"))

    def _listing(self, tags: bytes) -> bytes:
        return tlv.encode(names.TAG_LIST, tags) + self._visit

    def _set_status(self, state: int) -> None:
        send(self._connection, Command(0x80, names.SET_STATUS, 0x40, state, names.AID))


def open_at_power_up(connection: Connection, keys: KeyStore, role: Role, visit: Visit | None = None) -> CityChannel:
    """Open the channel of a role on a card that was powered just now: three commands with the one that reads.

    The city card is then its default application and needs no SELECT (GlobalPlatform 2.3, 6.3). Whatever goes wrong on
    this way is tried on the long one, which raises what `CitySession.open_role` does, and ApplicationMissing.
    """
    try:
        return _open_role(connection, keys, role, visit)
    except (StatusError, UnexpectedAnswer, CardNotGenuine):
        return CitySession(connection).open_role(keys, role, visit)


def _open(connection: Connection, keys: KeyStore, kvn: int, visit: Visit | None) -> CityChannel:
    return CityChannel(open_channel(connection, kvn, lambda card_id: keys.card_keys(kvn, card_id)), visit)


def _open_role(connection: Connection, keys: KeyStore, role: Role, visit: Visit | None) -> CityChannel:
    kvns = sorted((kvn for kvn in keys.kvns() if names.KVNS.get(kvn) is role), reverse=True) or [int(role)]
    for kvn in kvns[:-1]:
        try:
            return _open(connection, keys, kvn, visit)
        except StatusError as refused:
            if refused.status != Sw.REFERENCE_NOT_FOUND:
                raise
    return _open(connection, keys, kvns[-1], visit)


def _parts(service: Service, data: bytes) -> list[bytes]:
    """The data of the PUT DATA commands that stage one object."""
    if len(data) <= WHOLE_LENGTH:
        return [data]
    head = tlv.encode(names.TAG_LIST, service.to_bytes(2, "big"))
    return [
        head
        + tlv.encode(names.OFFSET, at.to_bytes(2, "big"))
        + tlv.encode(names.PART, data[at : at + PART_LENGTH])
        for at in range(0, len(data), PART_LENGTH)
    ]  # fmt: skip


def _read_log(connection: Connection) -> list[LogRecord]:
    select_file(connection, names.LOG)
    records = []
    for number in range(1, names.LOG_RECORDS + 1):
        data, status = exchange(connection, Command(0x00, names.READ_RECORD, number, 0x04, le=256))
        if status == Sw.RECORD_NOT_FOUND:
            break
        if status != Sw.OK:
            raise StatusError(status)
        records.append(read_log_record(data))
    return records
