"""わたしのデータ mydata: what the city holds about me, and who looked at it, when and why.

用語: やりとり履歴 / 利用記録 looks. Doors: service (looks_at). Tables: none of its own; reads core.audit.
"""
