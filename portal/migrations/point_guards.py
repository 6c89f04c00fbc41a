"""What the database itself holds about the books of points (migration 0039), in the words of either database.

A transfer closes the lots and allocations that carry its number: for each account it touches, what came into its lots
less what was drawn from them is the transfer's leg there, and nothing moves anywhere else. Residents' accounts have
lots, the city's have none; bounded ones have a balance. What is recorded stays: no row is changed or taken away.
"""

# ruff: noqa: S608 - all words are our own

KEPT = ("point_transfers", "point_allocations", "point_seals")
UNTOUCHED = ("number", "account_id", "amount", "expires_on")

_OWN = """(coalesce((SELECT l.amount FROM point_lots l WHERE l.number = f.number AND l.account_id = f.{side}_id), 0)
      - coalesce((SELECT sum(a.amount) FROM point_allocations a WHERE a.transfer = f.number
          AND (SELECT l.account_id FROM point_lots l WHERE l.number = a.lot) = f.{side}_id), 0))
    <> (SELECT CASE kind WHEN 'resident' THEN {sign} f.amount ELSE 0 END FROM point_accounts WHERE id = f.{side}_id)"""

# Each row asks for its own lots and allocations, by index: plans are kept for a session, and joins that were
# planned while the tables were nearly empty would read them whole for each of ten thousand rows later.
PG_FUNCTIONS = (
    """
CREATE OR REPLACE FUNCTION point_rows_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % stay as they are', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$
""",
    """
CREATE OR REPLACE FUNCTION point_lots_follow() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  UPDATE point_lots SET remaining = remaining - NEW.amount WHERE number = NEW.lot;
  RETURN NULL;
END $$
""",
    f"""
CREATE OR REPLACE FUNCTION point_transfers_close() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
BEGIN
  PERFORM 1 FROM fresh f WHERE
    {_OWN.format(side="source", sign="-")}
    OR {_OWN.format(side="target", sign="")}
    OR (SELECT count(*) FROM point_lots l WHERE l.number = f.number AND l.account_id NOT IN (f.source_id, f.target_id)) > 0
    OR (SELECT count(*) FROM point_allocations a WHERE a.transfer = f.number
        AND (SELECT l.account_id FROM point_lots l WHERE l.number = a.lot) NOT IN (f.source_id, f.target_id)) > 0
  LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'lots do not fit the transfer' USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  UPDATE point_accounts SET balance = balance + (
    SELECT sum(CASE WHEN f.target_id = point_accounts.id THEN f.amount ELSE -f.amount END)
    FROM fresh f WHERE point_accounts.id IN (f.source_id, f.target_id)
  ) WHERE is_bounded AND id = ANY (ARRAY(SELECT source_id FROM fresh UNION SELECT target_id FROM fresh));
  RETURN NULL;
END $$
""",
)

PG_TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION point_rows_stay()"
        for table in KEPT
    ),
    "CREATE TRIGGER point_lots_stay BEFORE DELETE OR TRUNCATE OR UPDATE OF number, account_id, amount, expires_on "
    "ON point_lots FOR EACH STATEMENT EXECUTE FUNCTION point_rows_stay()",
    "CREATE TRIGGER point_lots_follow AFTER INSERT ON point_allocations FOR EACH ROW EXECUTE FUNCTION point_lots_follow()",
    "CREATE TRIGGER point_transfers_close AFTER INSERT ON point_transfers REFERENCING NEW TABLE AS fresh "
    "FOR EACH STATEMENT EXECUTE FUNCTION point_transfers_close()",
)

_LEG = """(
    (SELECT coalesce(sum(amount), 0) FROM point_lots WHERE number = NEW.number AND account_id = NEW.{side}_id)
    - (SELECT coalesce(sum(a.amount), 0) FROM point_allocations a JOIN point_lots l ON l.number = a.lot
       WHERE a.transfer = NEW.number AND l.account_id = NEW.{side}_id))
  <> (SELECT CASE kind WHEN 'resident' THEN {sign} NEW.amount ELSE 0 END FROM point_accounts WHERE id = NEW.{side}_id)"""
_STRAYS = """EXISTS (SELECT 1 FROM point_lots WHERE number = NEW.number AND account_id NOT IN (NEW.source_id, NEW.target_id))
  OR EXISTS (SELECT 1 FROM point_allocations a JOIN point_lots l ON l.number = a.lot
     WHERE a.transfer = NEW.number AND l.account_id NOT IN (NEW.source_id, NEW.target_id))"""

SQLITE_TRIGGERS = (
    *(
        f"CREATE TRIGGER {table}_no_{act} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} stay as they are'); END"
        for table in KEPT
        for act in ("UPDATE", "DELETE")
    ),
    "CREATE TRIGGER point_lots_no_DELETE BEFORE DELETE ON point_lots "
    "BEGIN SELECT RAISE(ABORT, 'rows of point_lots stay as they are'); END",
    f"CREATE TRIGGER point_lots_no_UPDATE BEFORE UPDATE OF {', '.join(UNTOUCHED)} ON point_lots "
    "BEGIN SELECT RAISE(ABORT, 'rows of point_lots stay as they are'); END",
    "CREATE TRIGGER point_lots_follow AFTER INSERT ON point_allocations "
    "BEGIN UPDATE point_lots SET remaining = remaining - NEW.amount WHERE number = NEW.lot; END",
    "CREATE TRIGGER point_transfers_close AFTER INSERT ON point_transfers BEGIN "
    "SELECT RAISE(ABORT, 'lots do not fit the transfer') WHERE "
    f"{_LEG.format(side='source', sign='-')} OR {_LEG.format(side='target', sign='')} OR {_STRAYS}; "
    "UPDATE point_accounts SET balance = balance + NEW.amount WHERE id = NEW.target_id AND is_bounded; "
    "UPDATE point_accounts SET balance = balance - NEW.amount WHERE id = NEW.source_id AND is_bounded; END",
)


def set_up(dialect: str) -> tuple[str, ...]:
    """The statements that put the guards in their places."""
    return SQLITE_TRIGGERS if dialect == "sqlite" else (*PG_FUNCTIONS, *PG_TRIGGERS)


def take_down(dialect: str) -> tuple[str, ...]:
    """The statements that take them away again; triggers go with their tables."""
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER {statement.split()[2]}" for statement in SQLITE_TRIGGERS)
    triggers = tuple(
        f"DROP TRIGGER {statement.split()[2]} ON {statement.partition(' ON ')[2].split()[0]}"
        for statement in PG_TRIGGERS
    )
    return (
        *triggers,
        *(f"DROP FUNCTION {name}()" for name in ("point_rows_stay", "point_lots_follow", "point_transfers_close")),
    )
