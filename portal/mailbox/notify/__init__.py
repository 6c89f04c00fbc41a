"""Notify 互換API notify: sections' programs that already speak GOV.UK Notify's v2 API send by this city unchanged.

用語: 通知キー key, ひな形 template, 返信先 reply address, 通知 notification, 手紙 letter, 添付ファイル document.
A Notify "service" is a section (課): its id is the section's. Words of the protocol (errors, states) are Notify's own,
in English, because programs compare them; pages for people are in six languages as everywhere.
Doors: /v2/… (routes), /staff/notices/keys (staff_routes), /documents/… (document_routes); /sms/received (the city's
gateway); service (errands, forget_old).
Templates are those of the section's desk (composing).
Tables: notify_keys, notify_replies, notify_template_kinds, notifications, notify_papers, notify_callbacks (where programs
are told), notify_received_texts.
"""
