"""紙のポイント paper: sheets of codes for people without phone or card; each code is good once, until its day.

用語: シート sheet, コード code. A code stands for one time of a programme: its terms, caps and budget count on the day the
code is entered. Only a keyed hash of a code is kept, so that nobody finds codes in the database.
Doors within the room: service (make, enter). Tables: point_sheets, point_codes.
"""
