"""帳簿 the books of points: who has how many, where each came from and went, and proof that nothing was lost.

用語: 口座 account, 振替 transfer, ポイントの束 lot, 引き当て allocation, 仮押さえ hold, 取消 reversal, 封 seal.
Doors within the room: service (accounts, grant, spend, hold, reverse, move, balance), sweeping (expiry, lapsed holds),
joining (two accounts of one person), sealing, heads (seals kept outside the database), published (heads by month),
checks (verify), export.
Tables: point_accounts, point_transfers (one row, two legs), point_lots, point_allocations, point_holds, point_seals,
point_marks. The database itself refuses a transfer whose lots and allocations do not fit it, and any change or removal.
"""
