"""Files people hand in: taken only when their content is what it says, kept sealed, gone with what they belong to.

Words: file 添付ファイル · document 書類 · check for malicious software ウイルス検査 · wrapping key 鍵を包む鍵.
Doors: `service` (prepare, prepare_published, keep, of_case, open_file, drop, rewrap), `events` (MalwareFound).
Tables: files (one row a file, its key wrapped), file_parts (the sealed content in pieces).
A file belongs to an owner (a resident) and a case (an id of the room above), at a place in it (a field).
"""
