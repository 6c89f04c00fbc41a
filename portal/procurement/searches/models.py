"""What companies look for, again and again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class TenderSearch(Base):
    """A saved search; `told_until` says up to which moment what was published has been told."""

    __tablename__ = "tender_searches"
    __table_args__ = (UniqueConstraint("company_id", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    name: Mapped[str] = mapped_column(String(60))
    words: Mapped[str] = mapped_column(String(100))
    category: Mapped[str] = mapped_column(String(10))
    agency_code: Mapped[str] = mapped_column(String(20))
    rhythm: Mapped[str] = mapped_column(String(8))
    told_until: Mapped[datetime]
