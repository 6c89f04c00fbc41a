"""Reservations of visits (来庁予約): offices with opening hours, slots with places, bookings.

Words: reservation 来庁予約 · slot 予約枠 · place 空き · opening hours 開庁時間 · change 変更 · cancel 取消.
Doors: `service` (times, book, change, cancel, arrived, served), `events`.
Tables: slots, bookings. Data a city edits: `hours.json` (opening hours, places a slot, days the city is closed).
"""
