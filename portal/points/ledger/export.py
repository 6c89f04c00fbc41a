"""The books for an outsider: files that say everything but who people are, and the programs that check them."""

import csv
import shutil
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import Connection, func, select

from portal.points.ledger import checker, seal_checker
from portal.points.ledger.lines import HEAD, lines
from portal.points.ledger.models import PointAccount, PointSeal, PointTransfer


def save(connection: Connection, folder: Path, public_key: Ed25519PublicKey) -> int:
    """Write the books as they are at this moment to *folder*; how many transfers there were. *connection* sees one
    moment (a snapshot), whatever goes on meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    newest = connection.scalar(select(func.max(PointTransfer.number))) or 0
    with (folder / "transfers.csv").open("w", encoding="utf-8") as out:
        out.write(f"{HEAD}\n")
        for count, (_number, line) in enumerate(lines(connection, after=0, until=newest), start=1):  # noqa: B007
            out.write(f"{line}\n")
    _save_accounts(connection, folder / "accounts.csv")
    with (folder / "seals.csv").open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("number", "last", "lines", "digest", "signature"))
        for seal in connection.execute(select(PointSeal).order_by(PointSeal.number)):
            rows.writerow((seal.number, seal.last, seal.lines, seal.digest.hex(), seal.signature.hex()))
    pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "public-key.pem").write_bytes(pem)
    for program in (checker.__file__, seal_checker.__file__):
        shutil.copy(program, folder)
    return count


def _save_accounts(connection: Connection, file: Path) -> None:
    """Accounts of residents have no name here; `joined_to` says which account has the points of one now.
    Balances are worked out from transfers on both sides."""

    def flow(side: object) -> dict[object, int]:
        query = select(side, func.sum(PointTransfer.amount)).group_by(side)  # type: ignore[call-overload]
        return {account: int(amount) for account, amount in connection.execute(query)}

    came, went = flow(PointTransfer.target_id), flow(PointTransfer.source_id)
    with file.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(("id", "kind", "name", "never_below_zero", "balance", "joined_to"))
        one = PointAccount
        query = select(one.id, one.kind, one.name, one.is_bounded, one.joined_to).order_by(one.id)
        for account, kind, name, bounded, joined in connection.execute(query):
            held = "yes" if bounded or kind == "resident" else "no"
            balance = came.get(account, 0) - went.get(account, 0)
            rows.writerow((account, kind, name or "", held, balance, joined or ""))
