"""What a resident says to a notice: seen and understood, one of some answers, done, or a message to the section.

Words: confirm 確認する · answer 回答する · call done 対応済みにする · message 問い合わせ · thread やりとり · course 経過.
Doors: `service`, /mailbox/<notice>/answer, /mailbox/<notice>/messages, /staff/notices/<notice>/answers,
/staff/notices/messages.
Tables: dealings and notice_acts (of the room), notice_threads, notice_messages.
"""
