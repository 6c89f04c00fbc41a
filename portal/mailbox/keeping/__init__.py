"""A mailbox in order: find, filter, sort, label, put away, several at once; and the notices of one's children.

Words: archive しまう · restore もどす · label ラベル · to do 対応が必要.
Doors: `service`, /mailbox/find, /mailbox/labels, /mailbox/family.
Tables: mailbox_labels, notice_words (what of a notice can be found), dealings (of the room).
"""
