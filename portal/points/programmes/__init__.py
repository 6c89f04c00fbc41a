"""ポイント事業 programmes: what points are given for, from which budget, in which period, under which caps.

用語: ポイント事業 programme, 条件 terms, 上限 cap, 予算 budget.
Doors within the room: service (propose, decide, earn, terms in force), figures (what was given, from what is left), debts
(taken back whole; what was spent is owed), unpaid (what waits for budget).
Tables: point_programmes, point_terms, point_earnings, point_debts, point_unpaid. The budget lies in the bounded account
`programme <code>`, which the database does not let fall below 0.
"""
