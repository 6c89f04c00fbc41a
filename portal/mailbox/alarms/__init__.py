"""緊急のお知らせ alarms: a banner above every page in a disaster, and an urgent notice to everybody in the area.

用語: 緊急のお知らせ alarm, 対象の区 area, 事後確認 after-check, 終了の確認 confirmation of the end.
One person begins it at once, and a second one checks it afterwards; to end it takes two. Doors: /emergency (everybody),
/staff/emergency; service (shown, begin, check, ask_end, end, deliver).
Tables: alarms.
"""
