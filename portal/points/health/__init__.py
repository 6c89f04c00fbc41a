"""健康づくり health: points for walking, by a file of one's own phone, and for check-ups and classes a section names.

用語: 歩数 steps, 同意 consent, 確認事項 doubt.
Doors within the room: service (steps of a person, what waits for the city), reading (files of phones: CSV, Google Takeout,
Apple Health), objections (to days that do not count), likeness (one phone, two people), attendance (files of who came to a
check-up, a class or an event; those worth much wait for a second person).
Of a phone's file only the steps of each day are kept, with the person's consent, for 90 days (decisions/0074).
Tables: health_days, health_objections, health_attendance_files, health_attendance_bringers. Listens to consents taken back.
"""
