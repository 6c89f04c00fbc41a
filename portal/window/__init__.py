"""The window (窓口): check-in, numbers, the queue, identity, completion, and the call board.

Words: check-in 受付 · number 受付番号札 · express window 優先窓口 · general 一般 · call 呼び出し · call board 呼出表示板 ·
no-show 不在 · identity verification 本人確認.
Doors: `service` (check_in, can_check_in, check_in_by_reference, ticket_of_booking, queue, desk_view, board).
Tables: tickets, ticket_counters, window_desks.
"""
