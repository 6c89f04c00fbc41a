"""市民ポイント points: recognition for contribution, health and the use of e-services, as books that balance.

用語: 振替 transfer, 口座 account, 残高 balance, ランク rank.
Doors: service (credit, balance, history, expiring, standing, unbalanced). Listens to applications, reservations and cards.
Parts: ledger (the books: dated lots, holds, reversals, seals, verification, export), spending (rewards, coupons,
donations), programmes (budgets, terms, caps, the city's figures), volunteering (organisations, activities, hours),
health (walking, check-ups, classes), recognition (the thank-you board), partners (shops and what they are paid), exchange
(private points), family, paper (codes), gifts (to many at once), joining (two records of one person), visits (reserved
online and kept), e_services (applications that ended), past (what somebody had then). The night tells whose points run out
and lets ranks follow (nightly); what is over for years is forgotten (forgetting).
Tables: those of its parts.
"""
