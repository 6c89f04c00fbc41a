"""What the register changed of companies, for each body that has to do with them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class CompanyNews(Base):
    """One change of one company, told to one body once (`key`); `outcome` is what the body made of it. `change_id` says
    what name and address were before."""

    __tablename__ = "company_news"
    __table_args__ = (
        UniqueConstraint("agency_code", "key"),
        Index("ix_company_news_agency_code_told_at", "agency_code", "told_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    agency_code: Mapped[str] = mapped_column(ForeignKey("agencies.code"))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    kind: Mapped[str] = mapped_column(String(8))
    key: Mapped[str] = mapped_column(String(60))
    change_id: Mapped[UUID | None] = mapped_column(ForeignKey("register_changes.id"))
    told_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[UUID | None]
    outcome: Mapped[str] = mapped_column(String(8), default="")
