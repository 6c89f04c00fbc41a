"""Files that come with a notice: kept sealed in room files, shown to whoever may see the notice's text.

Words: attachment 添付ファイル · description of a picture 画像の説明.
Doors: `service` (attach, listed, open_for_clerk, open_for_reader, drop), /mailbox/<notice>/files/<file>.
Table: notice_attachments.
"""
