"""Reservations of visits (来庁予約): offices with opening hours, slots with places, bookings of several procedures.

Words: reservation 来庁予約 · slot 予約枠 · place 空き · kept place 職員枠 · part 来庁手続き · hold 仮確保 ·
closed day 臨時閉庁 · opening hours 開庁時間 · change 変更 · cancel 取消 · waiting list 空き待ち.
Doors: `service` (times, book, change, cancel, arrived, served), `events`.
Tables: slots, bookings, booking_parts, slot_holds, hold_counts, office_days; waiting_entries, freed_places,
place_offers (freed places go through `freed` alone); attendances.
Data a city edits: `hours.json` (opening hours, places a slot and those kept for staff, days the city is closed),
`terms.json` (freed places, waiting list, reminders, missed visits).
"""
