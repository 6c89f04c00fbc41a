"""What a rank brings: coupons that last longer (privileges.toml), and rewards from this rank on (the catalogue)."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.points.rules import Rank
from portal.points.spending.models import PointReward

OURS = Path(__file__).with_name("privileges.toml")


class Given(BaseModel):
    """What the file says of one rank."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    coupon_days: int = Field(0, ge=0, le=365)


@dataclass(frozen=True, slots=True)
class Privilege:
    """What a rank brings that the one below does not."""

    rank: Rank
    coupon_days: int
    rewards: Sequence[PointReward]


@cache
def read(file: Path = OURS) -> dict[Rank, Given]:
    """By rank; ValueError (pydantic's, tomllib's) says what is wrong and where."""
    return TypeAdapter(dict[Rank, Given]).validate_python(tomllib.loads(file.read_text("utf-8")))


def coupon_days(rank: Rank) -> int:
    """How many days longer a coupon of somebody with this rank lasts."""
    given = read().get(rank)
    return given.coupon_days if given else 0


def privileges(session: Session) -> list[Privilege]:
    """Of each rank above the first, the lowest first; a rank that brings nothing is left out."""
    query = select(PointReward).where(PointReward.is_offered, PointReward.rank != Rank.REGULAR)
    rewards = session.scalars(query.order_by(PointReward.points, PointReward.code)).all()
    found = [
        Privilege(rank, coupon_days(rank), [one for one in rewards if one.rank == rank])
        for rank in Rank
        if rank is not Rank.REGULAR
    ]
    return [one for one in found if one.coupon_days or one.rewards]
