"""お知らせの届け方 channels: what lies in the mailbox is also told by Web Push and e-mail, to who wants that.

用語: 届け方 channel, プッシュ通知 push, 通知先の端末 device, 確認コード code, お知らせの種類 topic, 夜間停止 quiet hours,
まとめ送り hourly digest, 送達記録 delivery record.
Messages say the kind of thing and lead to the mailbox; contents never leave the portal.
Doors: /mailbox/channels (How I am told), /mail/stop; service (put, told, told_counts, address_of, errands).
Tables: channel_choices (who wants what), mail_addresses, push_devices, channel_messages (one notice on one channel).
"""
