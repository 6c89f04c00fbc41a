"""あとからの知らせ following: what a section wants done later with what it sent: reminders, and a letter on paper.

用語: 後追い follow-up, 期限前 before the due date, 期限後 after it, 未読 unread, 紙の手紙 paper.
Doors: service (begin, look).
Tables: notice_follow_ups (one row per notice and step: on which day, begun when).
"""
