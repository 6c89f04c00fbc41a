"""The door of this part: bodies' systems and desks send, and see what became of it."""

from portal.company_mailbox.sendings import desk, figures, receipts, rules, sending, withdrawing
from portal.company_mailbox.sendings.models import CompanySending

AnySending = CompanySending
decisions = rules
Said = rules.Said
State = rules.State
Row = sending.Row
Taken = sending.Taken
send = sending.send
cancel = sending.cancel
find = sending.find
deliver = sending.deliver
DELIVER = sending.DELIVER
write = desk.write
change = desk.change
own = desk.own
of_body = desk.of_body
go = desk.go
approve = desk.approve
take_back = desk.take_back
drop = desk.drop
withdraw = withdrawing.by_desk
withdraw_by_system = withdrawing.by_system
standing = figures.standing
lines = figures.lines
everybody = figures.everybody
collect = receipts.collect
COLLECT = receipts.COLLECT
receipts_after = receipts.after
forget_old = receipts.forget_old
BOOK = receipts.BOOK
