"""見積合せ sealed quotations of the small-value process (オープンカウンター): filed until the deadline, opened by two.

用語: 見積書 quotation, 開札 opening, 開札コード opening code, 開札担当者 officer who opens, くじ draw.
Doors within the room: service (keys, lock, file), opening (codes, opened quotations, result), seal (what is encrypted
to whom; decision 0050).
Tables: opening_keys, quotation_locks, quotation_lock_shares, quotations.
"""
