"""Banks and branches by their codes. Nothing is removed: old accounts keep their names."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.core.db import Base


class Bank(Base):
    """One bank (統一金融機関コード). From `closed_on` on it is no more; `successor` (its code, or nothing) took it over."""

    __tablename__ = "banks"

    code: Mapped[str] = mapped_column(String(4), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    kana: Mapped[str] = mapped_column(String(60))
    closed_on: Mapped[date | None]
    successor: Mapped[str] = mapped_column(String(4))


class BankBranch(Base):
    """One branch (店番) of a bank; its accounts went to `successor_branch` of `successor_bank`, if said."""

    __tablename__ = "bank_branches"

    bank_code: Mapped[str] = mapped_column(ForeignKey("banks.code"), primary_key=True)
    code: Mapped[str] = mapped_column(String(3), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    kana: Mapped[str] = mapped_column(String(60))
    closed_on: Mapped[date | None]
    successor_bank: Mapped[str] = mapped_column(String(4))
    successor_branch: Mapped[str] = mapped_column(String(3))
