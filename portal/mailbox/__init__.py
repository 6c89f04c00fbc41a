"""電子私書箱 mailbox: notices from the city's sections to exactly those whom they concern.

用語: お知らせ notice, 配達 delivery, 既読 read, 送信先 segment, 所管課 sending section.
Doors: service (write, send, deliver, items, open_notice, unread_count, tell). Listens to accounts, applications,
reservations, certificates.
Tables: notices, deliveries (one row per notice and resident: delivered, read).
"""
