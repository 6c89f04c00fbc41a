"""The first and the last letter of each part of a corporation's search key, marked: whole names are found by them."""

from alembic import op

revision = "0116"
down_revision = "0114"

# A search key is a name, or a name and its kana with a space between (portal/companies/rules.py, search_key).
PARTS = """
SELECT number, substr(search_key, 1, {space} - 1) AS part FROM corporations
UNION SELECT number, substr(search_key, {space} + 1) FROM corporations WHERE {space} <= length(search_key)
"""
MARKED = """
INSERT INTO corporation_grams (gram, number)
SELECT '^' || substr(part, 1, 1), number FROM ({parts}) AS named WHERE part <> ''
UNION SELECT substr(part, length(part), 1) || '$', number FROM ({parts}) AS named WHERE part <> ''
"""


def upgrade() -> None:
    place = "strpos" if op.get_bind().dialect.name == "postgresql" else "instr"
    op.execute(MARKED.format(parts=PARTS.format(space=f"{place}(search_key || ' ', ' ')")))


def downgrade() -> None:
    op.execute("DELETE FROM corporation_grams WHERE gram LIKE '^_' OR gram LIKE '_$'")
