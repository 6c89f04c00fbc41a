"""The table of residents."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, inspect
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base
from portal.core.ids import ResidentId, new_id
from portal.residents import rules

# Kana is compared sign by sign, whatever the server's language: a prefix is then a range of the index.
KANA = String(100).with_variant(String(100, collation="C"), "postgresql")


class Resident(Base):
    """One person of the register. Texts are in written form (portal.core.text); "" means "none"."""

    __tablename__ = "residents"
    __subject__ = "id"
    __table_args__ = (
        CheckConstraint("sex IN ('female', 'male')", name="sex"),
        CheckConstraint("moved_out IS NULL OR moved_out >= moved_in", name="moves"),
        Index("ix_residents_household_number", "household_number"),
        Index("ix_residents_kana_key", "kana_key"),
        Index("ix_residents_ward_birth_date", "ward", "birth_date"),
        Index("ix_residents_birth_date", "birth_date"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    addressee_number: Mapped[str] = mapped_column(String(15), unique=True)
    household_number: Mapped[str] = mapped_column(String(15))
    relation: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(100))
    kana: Mapped[str] = mapped_column(KANA)
    kana_key: Mapped[str] = mapped_column(KANA)
    alias: Mapped[str] = mapped_column(String(100), default="")
    alias_kana: Mapped[str] = mapped_column(String(100), default="")
    birth_date: Mapped[date]
    sex: Mapped[str] = mapped_column(String(10))
    nationality: Mapped[str] = mapped_column(String(40), default="日本")
    language: Mapped[str] = mapped_column(String(8), default="ja")
    postal_code: Mapped[str] = mapped_column(String(7))
    ward: Mapped[str] = mapped_column(String(20))
    town: Mapped[str] = mapped_column(String(60))
    block: Mapped[str] = mapped_column(String(100))
    building: Mapped[str] = mapped_column(String(100), default="")
    domicile: Mapped[str] = mapped_column(String(200), default="")
    domicile_head: Mapped[str] = mapped_column(String(100), default="")
    moved_in: Mapped[date]
    moved_out: Mapped[date | None]
    left_because: Mapped[str] = mapped_column(String(10), default="")
    previous_address: Mapped[str] = mapped_column(String(200), default="")
    former_name: Mapped[str] = mapped_column(String(100), default="")
    address_since: Mapped[date | None]
    notified_on: Mapped[date | None]
    residence_category: Mapped[str] = mapped_column(String(20), default="")
    residence_status: Mapped[str] = mapped_column(String(40), default="")
    residence_period: Mapped[str] = mapped_column(String(20), default="")
    residence_until: Mapped[date | None]
    residence_card: Mapped[str] = mapped_column(String(20), default="")
    protected: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str] = mapped_column(String(20), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    fictitious: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[bytes] = mapped_column(LargeBinary(16))
    taken_at: Mapped[datetime]

    @property
    def resident_id(self) -> ResidentId:
        return ResidentId(self.id)

    @property
    def known_as(self) -> str:
        """The name to greet with: the 通称 if there is one (住民基本台帳法施行令第30条の16)."""
        return self.alias or self.name

    @property
    def address(self) -> str:
        return rules.full_address(ward=self.ward, town=self.town, block=self.block, building=self.building)

    def __repr__(self) -> str:
        """Only the id, also of a row whose session is over: rows end up in tracebacks and logs."""
        identity = inspect(self).identity
        return f"<Resident {identity[0] if identity else 'new'}>"
