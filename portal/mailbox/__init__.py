"""電子私書箱 mailbox: notices from the city's sections to exactly those whom they concern.

用語: お知らせ notice, 配達 delivery, 既読 read, 送信先 segment, 所管課 sending section.
Doors: service (write, send, deliver, items, open_notice, unread_count, tell). Listens to accounts, applications,
reservations, certificates.
Parts: channels (who wants it is told by mail and push too), composing (the section's desk), answering (confirm, answer,
messages), keeping (find, label, put away, children), attachments.
Tables: notices, deliveries (one row per notice and resident: delivered, read), dealings (what became of it there),
notice_acts (its course).
"""
