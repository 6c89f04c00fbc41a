"""保存期間 retention: what bodies and companies write around notices goes by itself, by the days residents' mailboxes have.

用語: as in mailbox.retention. Doors: `service` (forget_old). What stays: that there was a notice, who got it, and that
it was read, answered or talked about, by whom and on which day.
"""
