"""The city's rewards as a file: what a section edits, and `portal points rewards FILE` brings into the catalogue."""

import tomllib
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.points.rules import Rank
from portal.points.spending.models import PointReward

OURS = Path(__file__).with_name("rewards.toml")


class Texts(BaseModel):
    """Words by language; Japanese is needed."""

    model_config = ConfigDict(extra="forbid")
    ja: str = Field(min_length=1, max_length=200)
    en: str = Field("", max_length=200)
    zh: str = Field("", max_length=200)
    ko: str = Field("", max_length=200)
    es: str = Field("", max_length=200)
    pt: str = Field("", max_length=200)


class Reward(BaseModel):
    """One entry of the file; `stock` of a reward that is there already stays as people left it."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(pattern=r"^[a-z][a-z0-9-]{1,29}$")
    kind: Literal["coupon", "donation"]
    title: Texts
    about: Texts
    points: int = Field(0, ge=0, le=100_000)
    stock: int | None = Field(None, ge=0)
    per_person: int | None = Field(None, ge=1)
    days: int = Field(90, ge=1, le=730)
    goal: int = Field(0, ge=0)
    rank: Rank = Rank.REGULAR
    covers: int = Field(0, ge=0, le=100_000)
    taken_by: str = Field("", pattern=r"^([a-z][a-z0-9-]{1,29})?$")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if self.kind == "coupon" and not self.points:
            raise ValueError("a coupon needs points, one at least: what costs nothing needs no coupon")
        if self.kind == "donation" and self.rank is not Rank.REGULAR:
            raise ValueError("a donation is open to every rank")
        if self.covers and (self.kind == "donation" or self.rank is not Rank.REGULAR):
            raise ValueError("what pays a fee at a kiosk is a coupon for everybody")
        if self.taken_by and (self.kind == "donation" or self.covers):
            raise ValueError("only what is handed over by partners says which group of them takes it")
        return self


class Catalogue(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid")
    reward: list[Reward]


def read(file: Path = OURS) -> list[Reward]:
    """The rewards of *file*; ValueError (pydantic's, tomllib's) says what is wrong and where."""
    return Catalogue.model_validate(tomllib.loads(file.read_text("utf-8"))).reward


def bring(session: Session, rewards: list[Reward]) -> None:
    """The catalogue is what *rewards* says; what is not in it is not offered any more, coupons stay good."""
    in_order = select(PointReward.code).order_by(PointReward.code)  # as those hold them who want coupons
    session.execute(in_order.with_for_update(key_share=True))  # whose rows only name a reward
    session.execute(update(PointReward).values(is_offered=False))
    for one in rewards:
        known = session.get(PointReward, one.code)
        row = known or PointReward(code=one.code, stock=one.stock)
        row.kind, row.points, row.per_person, row.days, row.goal = (
            one.kind,
            one.points,
            one.per_person,
            one.days,
            one.goal,
        )
        row.texts = {"title": one.title.model_dump(), "about": one.about.model_dump()}
        row.rank, row.covers, row.taken_by = str(one.rank), one.covers, one.taken_by
        row.is_offered = True
        session.add(row)
    session.flush()
