"""The window (窓口): check-in, numbers for walk-ins, queues by kind of window, identity, completion, the call board.

Words: check-in 受付 · number 受付番号札 · express window 優先窓口 · general 一般 · call 呼び出し · call board 呼出表示板 ·
no-show 不在 · set aside 保留 · send on 別の窓口へ案内 · walk-in 予約なし来庁 · kind of window 窓口の種類 ·
identity verification 本人確認 · hall now 現在の待合の状況 · figures 統計 · saved minutes 短縮した時間.
Doors: `service` (check_in, draw, by_token, call_next, desk_view, board …), `events` (NumberNear).
Desks without network: the sub-room `offline`.
Tables: tickets, ticket_applications (what the office filled in and added to a number), ticket_counters, window_desks.
Data a city edits: `kinds.json` (letters, quotas, last numbers).
"""
