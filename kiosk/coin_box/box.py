"""The coin box itself: what is asked, what was inserted, what goes back. Thread-safe; amounts in yen."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

from kiosk.closing import japan_today
from kiosk.devices.protocols import CoinBoxFault, Count, Payment
from kiosk.journal import Journal

COINS = (1000, 500, 100, 50, 10)
FLOAT = {1000: 0, 500: 10, 100: 40, 50: 20, 10: 50}
CHANGED = "changed"
"""In the record of the stock: for which payment the change went out last. One write takes the coins and says so."""
KEPT_SECONDS = 40 * 24 * 3600
"""Payments and days are forgotten then: a kiosk tells its days up to 31 days later (kiosk.closing.LONGEST_SILENCE)."""


class CoinRefused(Exception):
    """The coin came straight back; `reason` is not-asked, unknown-coin, no-change or jammed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Tray:
    """Coins lying in the return tray, yen."""

    total: int = 0


class Box:
    """One payment at a time. Every change is on disk before it is answered."""

    def __init__(self, folder: Path, today: Callable[[], date] = japan_today) -> None:
        self._lock = threading.RLock()
        self._payments = Journal(folder / "payments")
        self._machine = Journal(folder / "machine")
        self._days = Journal(folder / "days")
        self._today = today
        self._changed = ""
        self._stock = self._load_stock()
        self.tray = Tray()
        self._jammed = False
        self._give_change_owed()

    # What the kiosk may ask (the CoinBox protocol).

    def state(self) -> str:
        with self._lock:
            if self._jammed:
                return "jammed"
            return "busy" if self.current() else "ready"

    def ask(self, reference: str, amount: int) -> Payment:
        """Start a payment, or answer with the one already started under this reference."""
        with self._lock:
            known = self.look(reference)
            if known is not None:
                return known
            if amount < 0 or self._jammed or self.current() is not None:
                raise CoinBoxFault(self.state())
            self._forget_old()
            payment = Payment(reference, "open", amount, inserted=0)
            self._save(payment)
            return self._complete(payment) if amount == 0 else payment

    def look(self, reference: str) -> Payment | None:
        with self._lock:
            return self._read(reference)

    def _read(self, reference: str) -> Payment | None:
        record = self._payments.read(reference)
        return Payment(**record) if record else None

    def cancel(self, reference: str) -> Payment:
        with self._lock:
            payment = self._known(reference)
            if payment.state != "open":
                return payment
            self._pay_out(payment.inserted)
            return self._save(replace(payment, state="cancelled"))

    def refund(self, reference: str) -> Payment:
        with self._lock:
            payment = self._known(reference)
            if payment.state != "paid":
                return payment
            if self._jammed or _change(self._stock, payment.amount) is None:
                raise CoinBoxFault("jammed" if self._jammed else "no-change")
            # The record first: a power cut may cost the box a refund seen by staff, never two.
            payment = self._save(replace(payment, state="refunded"))
            self._note(payment, "returned", payment.amount)
            self._pay_out(payment.amount)
            return payment

    def keep(self, reference: str) -> Payment:
        """Nobody stands there any more, and staff pay the coins back: they stay, and the next payment can begin."""
        with self._lock:
            payment = self._known(reference)
            if payment.state != "open":
                return payment
            if payment.inserted:
                self._note(payment, "taken", payment.inserted)
            return self._save(replace(payment, state="kept"))

    def counted(self, day: str) -> Count:
        """Of the day on which each payment was completed or given back, as the box wrote it down then."""
        with self._lock:
            content = sum(coin * count for coin, count in self._stock.items())
            taken = self._days.read(f"{day}-taken") or {}
            returned = self._days.read(f"{day}-returned") or {}
            return Count(sum(taken.values()), sum(returned.values()), len(taken), content)

    # What happens at the front of the box.

    def current(self) -> Payment | None:
        """The payment that waits for coins."""
        with self._lock:
            record = self._machine.read("current")
            payment = self.look(record["reference"]) if record else None
            return payment if payment and payment.state == "open" else None

    def insert(self, coin: int) -> Payment:
        """One coin or note goes in. Raises CoinRefused when it comes back."""
        with self._lock:
            payment = self.current()
            if coin not in COINS:
                raise CoinRefused("unknown-coin")
            if self._jammed or payment is None:
                raise CoinRefused("jammed" if self._jammed else "not-asked")
            inserted = payment.inserted + coin
            stock = {**self._stock, coin: self._stock[coin] + 1}
            if inserted > payment.amount and _change(stock, inserted - payment.amount) is None:
                raise CoinRefused("no-change")
            self._stock = stock
            self._save_stock()
            payment = replace(payment, inserted=inserted)
            return self._complete(payment) if inserted >= payment.amount else self._save(payment)

    def press_return(self) -> None:
        """The return lever of the box."""
        payment = self.current()
        if payment:
            self.cancel(payment.reference)

    def take_from_tray(self) -> None:
        with self._lock:
            self.tray = Tray()

    def jam(self) -> None:
        """A fault: the open payment fails, its coins come back by hand-operated gate."""
        with self._lock:
            payment = self.current()
            if payment:
                self._pay_out(payment.inserted)
                self._save(replace(payment, state="failed"))
            self._jammed = True

    def repair(self) -> None:
        self._jammed = False

    # Inside.

    def _known(self, reference: str) -> Payment:
        payment = self.look(reference)
        if payment is None:
            raise CoinBoxFault("unknown-payment")
        return payment

    def _complete(self, payment: Payment) -> Payment:
        change = payment.inserted - payment.amount
        payment = self._save(replace(payment, state="paid", change=change, receipt=self._next_receipt()))
        self._note(payment, "taken", payment.amount)
        self._pay_out(change, payment.reference)
        return payment

    def _give_change_owed(self) -> None:
        """The power went after a payment was complete and before its change was out."""
        current, stock = self._machine.read("current"), self._machine.read("stock")
        payment = self._read(current["reference"]) if current else None
        if payment is None or payment.state != "paid" or stock is None:
            return
        if stock.get(CHANGED, payment.reference) != payment.reference:
            noted = (self._days.read(day) or {} for day in self._days.names() if day.endswith("-taken"))
            if not any(payment.reference in one for one in noted):
                self._note(payment, "taken", payment.amount)
            self._pay_out(payment.change, payment.reference)

    def _next_receipt(self) -> str:
        """Never the same twice, also not after the box was exchanged or emptied: the portal takes each for one order."""
        last = self._machine.read("receipts") or {"box": secrets.token_hex(4).upper(), "number": 0}
        given = {**last, "number": last["number"] + 1}
        self._machine.write("receipts", given)
        return f"CB-{given['box']}-{given['number']:06d}"

    def _forget_old(self) -> None:
        self._payments.forget_older(KEPT_SECONDS)
        self._days.forget_older(KEPT_SECONDS)

    def _pay_out(self, amount: int, change_of: str = "") -> None:
        coins = _change(self._stock, amount) or {}
        for coin, count in coins.items():
            self._stock[coin] -= count
        self._changed = change_of or self._changed
        self._save_stock()
        self.tray = Tray(self.tray.total + amount)

    def _save_stock(self) -> None:
        coins = {str(coin): count for coin, count in self._stock.items()}
        self._machine.write("stock", {**coins, CHANGED: self._changed})

    def _save(self, payment: Payment) -> Payment:
        self._payments.write(payment.reference, asdict(payment))
        self._machine.write("current", {"reference": payment.reference})
        return payment

    def _note(self, payment: Payment, what: str, amount: int) -> None:
        """Into the book of the day; writing the same payment again is writing it once."""
        key = f"{self._today().isoformat()}-{what}"
        self._days.write(key, {**(self._days.read(key) or {}), payment.reference: amount})

    def _load_stock(self) -> dict[int, int]:
        record = self._machine.read("stock") or {}
        self._changed = str(record.pop(CHANGED, ""))
        return {int(coin): count for coin, count in record.items()} or dict(FLOAT)


def _change(stock: dict[int, int], amount: int) -> dict[int, int] | None:
    """Coins that make `amount`, largest first; None when the stock cannot."""
    coins: dict[int, int] = {}
    for coin in COINS:
        coins[coin] = min(stock[coin], amount // coin)
        amount -= coins[coin] * coin
    return coins if amount == 0 else None
