"""ありがとうボード recognition: a public board of people who volunteered and asked to be on it, by a name of their choice.

用語: 表示名 display name, ボード board.
Doors within the room: service (ask, leave, decide, board). Tables: recognition_entries. Who is on it: decisions/0075.
"""
