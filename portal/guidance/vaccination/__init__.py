"""Vaccination of children: the national routine schedule as data, the record, what is due and by when.

Words: vaccination record 予防接種の記録 · dose 回 · overdue 時期を過ぎた · schedule 接種スケジュール · correction 訂正.
Doors: guidance's `service`. The schedule is schedule.json (予防接種法第5条、同法施行令第3条、定期接種実施要領).
"""
