"""`portal points verify`: everything the books say, worked out anew from the transfers themselves."""

# ruff: noqa: S608 - all words are our own

from collections.abc import Iterator
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, select, text

from portal.points.ledger.lines import lines
from portal.points.ledger.models import PointSeal
from portal.points.ledger.sealing import statement

_LEGS = """
SELECT number, account_id, amount FROM point_lots
UNION ALL SELECT a.transfer, l.account_id, -a.amount FROM point_allocations a JOIN point_lots l ON l.number = a.lot
UNION ALL SELECT t.number, a.id, t.amount FROM point_transfers t
  JOIN point_accounts a ON a.id = t.source_id WHERE a.kind = 'resident'
UNION ALL SELECT t.number, a.id, -t.amount FROM point_transfers t
  JOIN point_accounts a ON a.id = t.target_id WHERE a.kind = 'resident'
"""
_DRAWN = "SELECT coalesce(sum(a.amount), 0) FROM point_allocations a WHERE a.lot = l.number"
_FLOW = """
(SELECT coalesce(sum(amount), 0) FROM point_transfers WHERE target_id = a.id)
- (SELECT coalesce(sum(amount), 0) FROM point_transfers WHERE source_id = a.id)
"""
_BACK = "EXISTS (SELECT 1 FROM point_transfers b WHERE b.reverses = {}.number)"
_CAPTURE = "'capture:' || h.number"

FAULTS = {
    "transfer {0}: its lots do not fit it": (
        f"SELECT DISTINCT number FROM (SELECT number, account_id FROM ({_LEGS}) AS legs "
        "GROUP BY number, account_id HAVING sum(amount) <> 0) AS wrong ORDER BY number"
    ),
    "lot {0}: {1} remain where {2} should": (
        f"SELECT number, remaining, amount - drawn FROM (SELECT l.number, l.remaining, l.amount, ({_DRAWN}) AS drawn "
        "FROM point_lots l) AS lots WHERE remaining <> amount - drawn ORDER BY number"
    ),
    "account {0} is joined to another and is not empty, or joined by more than one step": (
        "SELECT a.id FROM point_accounts a JOIN point_accounts b ON b.id = a.joined_to WHERE b.joined_to IS NOT NULL "
        "OR EXISTS (SELECT 1 FROM point_lots l WHERE l.account_id = a.id AND l.remaining > 0) ORDER BY a.id"
    ),
    "account {0}: the balance is {1} where it should be {2}": (
        f"SELECT name, balance, flow FROM (SELECT a.name, a.balance, {_FLOW} AS flow FROM point_accounts a "
        "WHERE a.is_bounded) AS pots WHERE balance <> flow ORDER BY name"
    ),
    "transfer {0}: takes {1} back where {2} was given": (
        "SELECT r.number, r.amount, t.amount FROM point_transfers r JOIN point_transfers t ON t.number = r.reverses "
        "WHERE r.amount <> t.amount OR r.source_id <> t.target_id OR r.target_id <> t.source_id ORDER BY r.number"
    ),
    "hold {0} is {1}, the transfers say otherwise": (
        "SELECT h.number, h.state FROM point_holds h JOIN point_transfers s ON s.number = h.number "
        f"LEFT JOIN point_transfers c ON c.key = {_CAPTURE} "
        f"WHERE h.amount <> s.amount OR ({_BACK.format('s')}) <> (h.state = 'released') "
        f"OR (c.number IS NOT NULL AND NOT ({_BACK.format('c')})) <> (h.state = 'captured') "
        "OR (c.number IS NOT NULL AND (c.amount <> h.amount OR c.target_id <> h.target_id OR c.source_id <> s.target_id)) "
        "ORDER BY h.number"
    ),
    "payment {0} in a shop: its transfer says otherwise": (
        "SELECT p.reference FROM point_sales p JOIN point_partners o ON o.id = p.partner_id "
        "JOIN point_transfers t ON t.number = p.transfer WHERE t.amount <> p.points OR t.target_id <> o.account_id "
        f"OR ({_BACK.format('t')}) <> (p.reversed_at IS NOT NULL) ORDER BY p.reference"
    ),
    "statement {0}: says {1} points, its payments {2}": (
        "SELECT number, points, sold FROM (SELECT s.number, s.points, s.sales, t.amount, s.forgotten_at, "
        "(SELECT coalesce(sum(p.points), 0) FROM point_sales p WHERE p.statement_id = s.id) AS sold, "
        "(SELECT count(*) FROM point_sales p WHERE p.statement_id = s.id) AS paid "
        "FROM point_statements s JOIN point_transfers t ON t.number = s.transfer) AS months "
        "WHERE points <> amount OR (forgotten_at IS NULL AND (points <> sold OR sales <> paid)) ORDER BY number"
    ),
    "coupon {0} is {1}, the transfers say otherwise": (
        "SELECT c.reference, c.state FROM point_coupons c JOIN point_transfers t ON t.number = c.transfer "
        f"WHERE ({_BACK.format('t')}) <> (c.state = 'returned') ORDER BY c.reference"
    ),
    "exchange {0} is {1}, its points say otherwise": (
        "SELECT e.reference, e.state FROM point_exchanges e JOIN point_holds h ON h.number = e.hold "
        "WHERE e.points <> h.amount OR (e.state IN ('taken', 'done')) <> (h.state = 'captured') ORDER BY e.reference"
    ),
    "award {0}: says {1} points, its transfer {2}": (
        "SELECT e.key, e.given, t.amount FROM point_earnings e JOIN point_transfers t ON t.number = e.transfer "
        "WHERE e.given <> t.amount ORDER BY e.key"
    ),
    "programme {0} gives from an account that is another one's, or not held at 0": (
        "SELECT p.code FROM point_programmes p JOIN point_accounts a ON a.id = p.account_id "
        "WHERE a.name <> 'programme ' || p.code OR a.kind <> 'pot' OR NOT a.is_bounded ORDER BY p.code"
    ),
    "coupon {0}: its points went to {1}": (
        "SELECT c.reference, a.name FROM point_coupons c JOIN point_transfers t ON t.number = c.transfer "
        "JOIN point_accounts a ON a.id = t.target_id WHERE a.name <> 'reward ' || c.reward ORDER BY c.reference"
    ),
    "debts: {0} points are set off, the transfers say {1}": (
        "SELECT set_off, moved FROM (SELECT (SELECT coalesce(sum(amount - remaining), 0) FROM point_debts) AS set_off, "
        "(SELECT coalesce(sum(amount), 0) FROM point_transfers WHERE reason = 'set-off') AS moved) AS sums "
        "WHERE set_off <> moved"
    ),
}
"""What can be wrong, in the words of the report, and the question that finds it."""


def faults(connection: Connection, public_key: Ed25519PublicKey) -> Iterator[str]:
    """Everything that is wrong; nothing if the books are in order."""
    for words, question in FAULTS.items():
        for row in connection.execute(text(question)):
            yield words.format(*row)
    yield from broken_seals(connection, public_key)


def not_sealed(connection: Connection) -> list[str]:
    """How many of the newest transfers no seal covers yet: nobody would see that one of them went."""
    query = (
        "SELECT count(*), min(recorded_at) FROM point_transfers "
        "WHERE number > (SELECT coalesce(max(last), 0) FROM point_seals)"
    )
    count, since = connection.execute(text(query)).one()
    return [f"{count:,} transfers since {since} are not sealed yet."] if count else []


def out_of_balance(connection: Connection) -> list[str]:
    """The same without the seals: what a day's end looks at."""
    return [words.format(*row) for words, question in FAULTS.items() for row in connection.execute(text(question))]


def broken_seals(connection: Connection, public_key: Ed25519PublicKey) -> Iterator[str]:
    """Blocks of which a transfer was changed, added or taken away, or that nobody signed."""
    before, after = b"", 0
    for place, seal in enumerate(connection.execute(select(PointSeal).order_by(PointSeal.number)).all(), start=1):
        if seal.number != place:
            yield f"seal {place} is missing"
            return
        digest, count = sha256(before), 0
        for _number, line in lines(connection, after=after, until=seal.last):
            digest.update(f"{line}\n".encode())
            count += 1
        if digest.digest() != seal.digest or count != seal.lines:
            yield f"seal {seal.number}: transfers {after + 1} to {seal.last} are not those that were sealed"
        try:
            public_key.verify(seal.signature, statement(seal.number, seal.last, seal.digest))
        except InvalidSignature:
            yield f"seal {seal.number} is not signed by this city"
        before, after = seal.digest, seal.last
