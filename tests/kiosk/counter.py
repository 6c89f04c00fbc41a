"""The money and paper side of a kiosk, for tests of paid jobs."""

from pathlib import Path

from kiosk.coin_box.box import Box
from kiosk.devices.printer import SimulatedPrinter
from kiosk.journal import Journal
from kiosk.paid_jobs import PaidJobs
from kiosk.portal_client import PortalClient, owner_mark
from kiosk.steps import Order
from tests.kiosk.contract_player import ContractPlayer
from tests.kiosk.whole_kiosk import UnlessDown

NUMBER = "9b7d5a52-3c1e-4f60-8a2d-7e4c1b0f6d21"
ORDER = Order(NUMBER, f"owner-of-{NUMBER}", fee=200, lines=(), mark=owner_mark("", NUMBER))


class Counter:
    """The money and paper side of a kiosk, made anew as after a restart."""

    def __init__(self, folder: Path, player: ContractPlayer) -> None:
        self.box = Box(folder / "coin-box")
        self.printer = SimulatedPrinter(folder / "prints")
        self.journal = Journal(folder / "paid-jobs")
        portal = PortalClient(player.url, player.client_id, player.key, UnlessDown(player))
        self.jobs = PaidJobs(self.journal, portal, self.box, self.printer)

    def pay(self) -> None:
        self.jobs.begin(ORDER)
        self.box.ask(NUMBER, 200)
        self.box.insert(500)
        self.box.take_from_tray()

    def papers(self) -> int:
        return len(list(self.printer.folder.glob("*.pdf")))

    def is_settled(self) -> bool:
        record = self.journal.read(NUMBER)
        return record is not None and record["state"] == "settled" and record["owner"] == ""
