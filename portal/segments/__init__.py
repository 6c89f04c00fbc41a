"""Whom a notice concerns: conditions about residents, counted before anything is sent, kept for the next time.

Words: condition 条件 · segment 送信先の条件 · version 版 · list of recipients 宛名リスト ·
left out 対象外 (支援措置, died, moved away).
Doors: `service` (count, breakdown, ids, words, saved segments, lists, why somebody is chosen or not).
Tables: segments, segment_versions, segment_lists, segment_list_members, segment_blur.
README.md in this room is the language of conditions. Whoever is left out is left out by the query itself, not by a page.
"""
