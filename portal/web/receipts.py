"""What systems that send are told of their notices, alike for residents' and companies': a page of receipts, a webhook."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import request
from pydantic import BaseModel, ConfigDict, Field

from portal.web.machine import BodyNotUnderstood


class Receipt(BaseModel):
    """`event` is delivered, read, answered (confirmed, done, or with the place of the `choice`) or undone (what a resident
    called done is to do after all); `number` is the order in which receipts are told."""

    number: int
    notice: UUID
    recipient: str
    event: str
    choice: int | None
    at: datetime


class Receipts(BaseModel):
    """Ask again with `after`=`next` for what came since; `more` says whether there is more already."""

    receipts: list[Receipt]
    next: int
    more: bool


class SetWebhook(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: str = Field(min_length=1, max_length=500)


class WebhookSecret(BaseModel):
    """`secret` is told now and never again (Standard Webhooks, whsec_…)."""

    secret: str


class Done(BaseModel):
    done: bool = True


def page(look: Callable[[int], Sequence[Any]], *, most: int) -> Receipts:
    """What *look* finds after the receipt that the request names, at most *most*. Raises BodyNotUnderstood."""
    typed = request.args.get("after", "0")
    if not (typed.isascii() and typed.isdigit() and len(typed) < 16):
        raise BodyNotUnderstood(fields="after")
    told = look(int(typed))
    listed = [Receipt(**one._asdict()) for one in told]
    return Receipts(receipts=listed, next=told[-1].number if told else int(typed), more=len(told) == most)
