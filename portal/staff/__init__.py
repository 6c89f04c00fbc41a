"""The city's staff: who they are, where they sit, what their roles let them do.

用語: 区役所 office · 課 section · 職員 member · 役割 role · 職員番号 staff number.
Doors: /staff/ (the desk), /staff/sign-in, /staff/sign-out, /staff/members, /staff/password.
Tables: offices, sections, staff_members. Opening hours belong to the reservations room.
"""
