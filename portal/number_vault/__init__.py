"""個人番号 alone, apart from everything else: sealed one by one under a key of its own, opened for a task the law names.

用語: My Number 個人番号, vault 番号保管庫.
Doors: `service` (keep, kept_of, open_number): the counter of certificates is its one caller (tests/house); `portal import
numbers`.
Table: personal_numbers (resident id and sealed bytes; the addressee numbers and names are in room residents).
"""
