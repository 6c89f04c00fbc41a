"""監督 oversight: checking that what is on record is true, and that looks at data were right.

用語: 記録 record, 連鎖 chain, 錨 anchor (signed heads kept outside the database).
Doors: /staff/records; `reader` checks the records for the command `portal verify-audit`. Tables: none of its own.
"""
