"""City cards, what is on them, the ids of services, and where a card was read."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base, partial_index

NOT_ENDED = text("ended_at IS NULL")


class CityCard(Base):
    """One card of a resident. `number` is the card's own id (20 hex digits, random, on no paper); `issuer` the city whose
    card it is: cards of another city may be used here (joint use). `stopped_at` puts it on the stop list; `suspended_at`
    says since when the card itself refuses everybody (the issuer told it so at a window). An ended card that came to a
    window once more is erased there. `role_keys` says which renewed keys of roles are on it
    (terminals.service.on_cards), `pin_order` the name of the order that last gave it a PIN."""

    __tablename__ = "city_cards"
    __subject__ = "resident_id"
    __table_args__ = (
        Index("ix_city_cards_resident_id", "resident_id"),
        partial_index("uq_city_cards_person", "resident_id", unique=True, where=NOT_ENDED),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"))
    number: Mapped[str] = mapped_column(String(20), unique=True)
    issuer: Mapped[str] = mapped_column(String(6))
    issued_at: Mapped[datetime]
    expires: Mapped[date]
    stopped_at: Mapped[datetime | None]
    suspended_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(String(20), default="")
    role_keys: Mapped[str] = mapped_column(String(160), default="", server_default="")
    pin_order: Mapped[str] = mapped_column(String(32), default="", server_default="")


class ServiceId(Base):
    """The id by which one service knows a resident. It outlives cards; a service that ends keeps its line. `note` is a word
    for the card that is no secret of the person: the rank of points."""

    __tablename__ = "service_ids"
    __subject__ = "resident_id"
    __table_args__ = (Index("uq_service_ids_number", "service", "number", unique=True),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String(12), primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(40), default="", server_default="")


class CardContent(Base):
    """What a resident wants on the card for help: sealed, and the consent to it. `digest` tells whether a card says the
    same without opening it (a keyed one: shelter needs are few enough to be guessed)."""

    __tablename__ = "card_contents"
    __subject__ = "resident_id"
    __table_args__ = (Index("ix_card_contents_key_id", "key_id"),)

    resident_id: Mapped[UUID] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String(12), primary_key=True)
    key_id: Mapped[str] = mapped_column(String(40))
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary(80))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(32))
    consent_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    def __repr__(self) -> str:
        """Nothing of a person."""
        return f"<CardContent {self.service}>"


class CardEntry(Base):
    """What one service's entry on one card says, as the card confirmed it, and what is being written.

    `version`, `number`, `status` are on the card, and `content`, the digest of what stands beside the id; `transaction`
    names a write that was not confirmed yet, which is sent again as it was: `next_…`. "" where there is none.
    """

    __tablename__ = "card_entries"

    card_id: Mapped[UUID] = mapped_column(ForeignKey("city_cards.id"), primary_key=True)
    service: Mapped[str] = mapped_column(String(12), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    number: Mapped[str] = mapped_column(String(16), default="")
    status: Mapped[str] = mapped_column(String(10), default="")
    written_at: Mapped[datetime | None]
    transaction: Mapped[str] = mapped_column(String(16), default="")
    next_number: Mapped[str] = mapped_column(String(16), default="")
    next_status: Mapped[str] = mapped_column(String(10), default="")
    content: Mapped[str] = mapped_column(String(32), default="", server_default="")
    next_content: Mapped[str] = mapped_column(String(32), default="", server_default="")


class CardVisit(Base):
    """A terminal read a service's entry: told by the terminal, shown to the holder. Never what was borrowed."""

    __tablename__ = "card_visits"
    __table_args__ = (
        Index("uq_card_visits_once", "card_id", "terminal", "at", unique=True),
        Index("ix_card_visits_at", "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    card_id: Mapped[UUID] = mapped_column(ForeignKey("city_cards.id"))
    service: Mapped[str] = mapped_column(String(12))
    terminal: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]


class StopListEdition(Base):
    """The number of the stop list, in its only row: grows whenever a card or a terminal comes on it or leaves it. Not the
    time: a clock that was ahead for an hour would bar every terminal from the next lists."""

    __tablename__ = "stop_list_edition"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger)


class CardLogRecord(Base):
    """A line of a card's own log, read at a window (`kept_at`): who opened it, by key (`kvn`), and what for. Place and time
    are what the terminal said of itself; key and running number the card knows."""

    __tablename__ = "card_log"
    __table_args__ = (Index("ix_card_log_kept_at", "kept_at"),)

    card_id: Mapped[UUID] = mapped_column(ForeignKey("city_cards.id"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kvn: Mapped[str] = mapped_column(String(2))
    op: Mapped[str] = mapped_column(String(12))
    tag: Mapped[str] = mapped_column(String(4))
    at: Mapped[datetime | None]
    terminal: Mapped[str] = mapped_column(String(8))
    kept_at: Mapped[datetime]
