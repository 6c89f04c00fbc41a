"""市民ポイント points: recognition for contribution, health and the use of e-services, as books that balance.

用語: 振替 transfer, 口座 account, 残高 balance.
Doors: service (credit, balance, history, unbalanced). Listens to applications.
Tables: point_accounts, point_transfers. A transfer is one row with two legs, so the books sum to 0 by form;
the database holds that legs differ, amounts are positive and no resident's balance falls below 0.
"""
