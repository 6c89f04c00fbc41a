"""Pre-applications (Web事前手続き): typed at home, checked before the visit, done in minutes at the window.

Words: pre-application 事前手続き · procedure 手続き · draft 下書き · correction 補正 · reference number 受付番号 ·
completed 完了 · withdrawn 取下げ · statutory period 届出期間 · processing centre 集中処理センター.
Doors: `service` (start, submit, correct, complete, summary, timeline), `events`.
Tables: applications, application_events (one timeline of application, booking and visit), correction_requests.
Sub-room `assisted`: staff fill in a form with somebody who has no device (assisted_applications).
Sub-room `procedures`: the catalogue a city edits, its conditions, and how typed texts become answers. No database.
"""
