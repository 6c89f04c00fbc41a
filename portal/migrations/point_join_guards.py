"""What the database itself holds about accounts that are joined (migration 0124), beside the guards of migration 0039.

Of one step: an account is joined to one that is joined to none, and none is joined to it. Nothing is left in it, and no
lot comes into it any more: a gift that looked the account up before and is written after is refused, and comes again. The
row that says so was waited for by the gift's foreign keys before this trigger looks, so there is no moment between.
"""

from portal.migrations.point_guards import PG_FUNCTIONS, SQLITE_TRIGGERS

JOINED = "(SELECT 1 FROM point_lots n WHERE n.number = {row}.number)"


def _refusing(statement: str, row: str) -> str:
    """The guard of transfers, with a target whose leg cannot fit when a lot comes into an account that is joined."""
    before = f"CASE kind WHEN 'resident' THEN  {row}.amount ELSE 0 END"
    after = (
        f"CASE WHEN joined_to IS NOT NULL AND EXISTS {JOINED.format(row=row)} THEN 0 "
        f"WHEN kind = 'resident' THEN {row}.amount ELSE 0 END"
    )
    return statement.replace(before, after)


_CLOSE = "point_transfers_close"
_PG_BEFORE = next(one for one in PG_FUNCTIONS if _CLOSE in one)
_SQLITE_BEFORE = next(one for one in SQLITE_TRIGGERS if f"TRIGGER {_CLOSE}" in one)

_PG_JOIN = """
CREATE FUNCTION point_accounts_join() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM 1 FROM point_accounts WHERE id = NEW.joined_to AND joined_to IS NULL AND kind = 'resident' FOR NO KEY UPDATE;
  IF NOT FOUND OR EXISTS (SELECT 1 FROM point_accounts WHERE joined_to = NEW.id)
      OR EXISTS (SELECT 1 FROM point_lots WHERE account_id = NEW.id AND remaining > 0) THEN
    RAISE EXCEPTION 'the account cannot be joined so' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$
"""
_PG_TRIGGER = (
    "CREATE TRIGGER point_accounts_join BEFORE UPDATE OF joined_to ON point_accounts FOR EACH ROW "
    "WHEN (NEW.joined_to IS NOT NULL) EXECUTE FUNCTION point_accounts_join()"
)
_SQLITE_JOIN = (
    "CREATE TRIGGER point_accounts_join BEFORE UPDATE OF joined_to ON point_accounts WHEN NEW.joined_to IS NOT NULL "
    "BEGIN SELECT RAISE(ABORT, 'the account cannot be joined so') WHERE "
    "NOT EXISTS (SELECT 1 FROM point_accounts WHERE id = NEW.joined_to AND joined_to IS NULL AND kind = 'resident') "
    "OR EXISTS (SELECT 1 FROM point_accounts WHERE joined_to = NEW.id) "
    "OR EXISTS (SELECT 1 FROM point_lots WHERE account_id = NEW.id AND remaining > 0); END"
)


def set_up(dialect: str) -> tuple[str, ...]:
    """The statements that put them in their places, in the place of the older guard of transfers."""
    if dialect == "sqlite":
        return (f"DROP TRIGGER IF EXISTS {_CLOSE}", _refusing(_SQLITE_BEFORE, "NEW"), _SQLITE_JOIN)
    return (_refusing(_PG_BEFORE, "f"), _PG_JOIN, _PG_TRIGGER)


def take_down(dialect: str) -> tuple[str, ...]:
    """The statements after which the older guard of transfers stands alone again; on SQLite no guard of accounts does."""
    if dialect == "sqlite":
        return ("DROP TRIGGER point_accounts_join", f"DROP TRIGGER {_CLOSE}")
    return (
        "DROP TRIGGER point_accounts_join ON point_accounts",
        "DROP FUNCTION point_accounts_join()",
        _PG_BEFORE,
    )


def older(dialect: str) -> tuple[str, ...]:
    """SQLite's older guard of transfers, again, once the table of accounts is as it was."""
    return (_SQLITE_BEFORE,) if dialect == "sqlite" else ()
