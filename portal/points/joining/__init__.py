"""名寄せ joining: two records of the register turn out to be one person, and their points become one.

用語: 名寄せ joining, 残す記録 kept record, もう一つの記録 gone record, 解除 taking apart.
One member of staff proposes, another agrees. Points are carried over lot by lot (ledger.joining); coupons, exchanges, debts
and caps are looked for in all records of the person, so that nothing else is moved, and a mistake can be taken apart as long
as no points moved. What other rooms hold stays with its record: they hear AccountsJoined.
Doors within the room: service (compare, propose, agree, take apart). Pages: /staff/points/joins. Tables: point_joins.
"""
