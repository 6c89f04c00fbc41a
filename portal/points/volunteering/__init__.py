"""ボランティア・イベント volunteering: organisations publish activities and events, residents take part, hours or attendance
become points. An event (by its programme) counts who came; it is listed, applied for, seen and paid as volunteering is.

用語: 受入団体 host, 団体の担当者 keeper, 活動 activity, 参加 place, 申し立て objection, 確認事項 doubt.
Doors within the room: hosting (hosts, their keepers, what they publish), taking_part (residents apply and come), hours
(approved by the host; what looks wrong waits for the city), doubts (what looks wrong), objections, taking_back (paid hours
undone), codes (what the QR at the place says), touching (cards on the organisation's terminal: `card-reader terminal --role
points`; told by the visits every terminal tells).
A keeper is a resident whom one member of staff named for the organisation and another agreed to (points.keepers, as with
shops); nobody approves hours of their own.
Tables: volunteer_hosts, volunteer_keepers, volunteer_activities, volunteer_places, volunteer_doubts, volunteer_objections,
volunteer_terminals, volunteer_touches, volunteer_takebacks.
"""
