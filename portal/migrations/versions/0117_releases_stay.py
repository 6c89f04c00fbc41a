"""Releases of tenders stay as they were made, held by the database; an award that names its winner alone tells no bids."""

from alembic import op

revision = "0117"
down_revision = "0114"

# What files said of the winner alone was kept as if nobody else had bid.
WINNER_ALONE = """
DELETE FROM award_bids WHERE award_id IN (
  SELECT awards.id FROM awards WHERE awards.bidders > 1
  AND (SELECT count(*) FROM award_bids WHERE award_bids.award_id = awards.id) = 1)
"""
STAY = """
CREATE FUNCTION tender_releases_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of tender_releases stay as they are' USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
PG_TRIGGER = (
    "CREATE TRIGGER tender_releases_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON tender_releases "
    "FOR EACH STATEMENT EXECUTE FUNCTION tender_releases_stay()"
)
SQLITE_TRIGGER = (
    "CREATE TRIGGER tender_releases_no_{act} BEFORE {act} ON tender_releases "
    "BEGIN SELECT RAISE(ABORT, 'rows of tender_releases stay as they are'); END"
)
ACTS = ("UPDATE", "DELETE")


def upgrade() -> None:
    op.execute(WINNER_ALONE)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(STAY)
        op.execute(PG_TRIGGER)
        return
    for act in ACTS:
        op.execute(SQLITE_TRIGGER.format(act=act))


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER tender_releases_stay ON tender_releases")
        op.execute("DROP FUNCTION tender_releases_stay()")
        return
    for act in ACTS:
        op.execute(f"DROP TRIGGER tender_releases_no_{act}")
