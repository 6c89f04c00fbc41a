"""所管課の机 composing: how a section's notice comes to be, is agreed on, sent, taken back, and what came of it.

用語: ひな形 template, 版 version, 差し込み placeholder, 下書き draft, 承認 approval, 予約送信 schedule, 取り消し withdrawal,
訂正 correction.
Doors: service (create, save, ask, approve, send, withdraw, correct; standing_of for the reader's page).
Tables: notice_templates, notice_template_versions, notice_plans (one row a notice that is written here), notice_steps
(who did what, and said what), notice_recipients (people by list, with their values).
"""
