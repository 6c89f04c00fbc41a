"""保存期間 retention: how long what people and sections write around notices is kept, and that it goes then by itself.

用語: 保存期間 retention, 下書き draft, 回答 answer, やりとり messages, 添付ファイル attachment.
Doors: `rules` (retention: the catalogue; kept_until: the day pages name), `service` (forget_old).
What stays: that there was a notice, who got it, and that it was read, answered or talked about on which day.
"""
