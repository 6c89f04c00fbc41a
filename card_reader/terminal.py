"""How a library, a gym or an ambulance uses the city card: its own id and nothing else, also without a network.

A terminal holds the key of its role. Card by card: open the channel, read the own entry (4 commands), ask the stop list,
say what came of it. The list may be some hours old; where it is too old, most roles refuse every card. Help does not wait
for a network: an ambulance and a shelter go on and say that the list is old.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from enum import StrEnum

from card_reader.connection import Connection
from card_reader.errors import ApplicationMissing, StatusError, Sw
from card_reader.key_store import BadKeyStore, KeyMissing, KeyStore
from card_reader.scp03 import CardNotGenuine
from card_reader.sessions.city import open_at_power_up
from card_reader.sessions.city_entry import Entry, Status, Visit
from card_reader.sessions.city_names import OWN_SERVICE, Role
from card_reader.stop_list import StopList

log = logging.getLogger(__name__)

HELPERS = {Role.AMBULANCE, Role.SHELTER}
JST = timezone(timedelta(hours=9))
"""The last day of an entry is one of Japan, whatever zone the machine is set to."""
ROLES = {role.name.lower(): role for role in OWN_SERVICE}


class Verdict(StrEnum):
    """What came of a card. Only `welcome` and `welcome-unchecked` carry an id."""

    WELCOME = "welcome"
    WELCOME_UNCHECKED = "welcome-unchecked"
    NOT_A_MEMBER = "not-a-member"
    ENDED = "ended"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    STOPPED = "stopped"
    LIST_TOO_OLD = "list-too-old"
    NOT_GENUINE = "not-genuine"
    KEYS_TOO_OLD = "keys-too-old"
    NO_CITY_CARD = "no-city-card"
    NO_KEYS = "no-keys"


REFUSED: Mapping[int, Verdict] = {
    Sw.CONDITIONS_NOT_SATISFIED: Verdict.STOPPED,
    Sw.REFERENCE_NOT_FOUND: Verdict.KEYS_TOO_OLD,
}
"""What a card that opens no channel says of itself: it was suspended or ended, or has none of the keys that live now. Such a
card is no forgery: it was at no window since they were renewed, and gets them there."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One card at the terminal. `card` is for the message to the city only; `id` and `payload` are the service's own."""

    verdict: Verdict
    service: str
    at: str
    id: str = ""
    payload: str = ""
    card: str = ""

    @property
    def welcome(self) -> bool:
        return self.verdict in (Verdict.WELCOME, Verdict.WELCOME_UNCHECKED)

    def shown(self) -> dict[str, str]:
        """As the terminal prints it; the card's own number, by which a person could be followed, is not for its till."""
        return {name: value for name, value in asdict(self).items() if name != "card" and value}


class Terminal:
    """A terminal of one role. *stops* gives the newest stop list that is at hand, or None."""

    def __init__(
        self,
        role: Role,
        keys: KeyStore,
        name: str,
        stops: Callable[[], StopList | None],
        now: Callable[[], datetime],
    ) -> None:
        self._role, self._keys, self._name, self._stops, self._now = role, keys, name, stops, now
        self._service = OWN_SERVICE[role]

    def read(self, connection: Connection) -> Reading:
        """Read the own entry and judge it. Raises CardError when the card was pulled or broke.

        `no-keys`: this terminal was not given its role's keys, they are too old, were taken back, or their store is away.
        """
        moment = self._now()
        try:
            try:
                channel = open_at_power_up(connection, self._keys, self._role, Visit(self._name, moment))
            except StatusError as refused:
                if refused.status not in REFUSED:
                    raise
                return self._say(REFUSED[refused.status], moment)
            entry = channel.read(self._service)
        except ApplicationMissing:
            return self._say(Verdict.NO_CITY_CARD, moment)
        except CardNotGenuine:
            return self._say(Verdict.NOT_GENUINE, moment)
        except (KeyMissing, BadKeyStore) as fault:
            log.error("terminal.keys: %s", type(fault).__name__)
            return self._say(Verdict.NO_KEYS, moment)
        verdict = self._judge(channel.card_id, entry, moment)
        card = channel.card_id.hex()
        if entry is None or verdict not in (Verdict.WELCOME, Verdict.WELCOME_UNCHECKED):
            return self._say(verdict, moment, card=card)
        return self._say(verdict, moment, id=entry.id, payload=entry.payload, card=card)

    def _judge(self, card_id: bytes, entry: Entry | None, moment: datetime) -> Verdict:
        stops = self._stops()
        if stops is not None and stops.stops(card_id):
            return Verdict.STOPPED  # however old the list is: nobody takes a stop back by waiting
        if entry is None:
            return Verdict.NOT_A_MEMBER
        if entry.status is not Status.ACTIVE:
            return Verdict.ENDED if entry.status is Status.ENDED else Verdict.SUSPENDED
        if not entry.usable(moment.astimezone(JST).date()):
            return Verdict.EXPIRED
        if stops is not None and stops.is_fresh(moment.timestamp()):
            return Verdict.WELCOME
        return Verdict.WELCOME_UNCHECKED if self._role in HELPERS else Verdict.LIST_TOO_OLD

    def _say(self, verdict: Verdict, moment: datetime, **more: str) -> Reading:
        return Reading(verdict, self._service.name.lower(), moment.isoformat(timespec="seconds"), **more)
