"""The guide for events of life (ライフイベントガイド): a few questions, then one's own list of procedures, in order.

Words: event of life ライフイベント · list of procedures 手続きリスト · to fill in together まとめて入力 ·
code of a list リスト番号.
Doors: `service` (save, tick, prepare, answer facts, send together), heard of by nobody. The events themselves are data:
procedures/data/guide/*.json, checked by `portal procedures check` (README.md there).
Tables: life_lists (a person's list), life_ticks (what they did elsewhere), life_applications (what was prepared from it).
A stranger's list is kept nowhere: its code holds the answers, and no name.
"""
