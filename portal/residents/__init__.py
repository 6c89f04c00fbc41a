"""Addressee register (統合宛名): who the city knows, by which number, in which household, at which address.

Words: addressee number 統合宛名番号 · household 世帯 · relation 続柄 · head 世帯主 · alias 通称 · domicile 本籍 ·
head of the family register 筆頭者 · protected 支援措置 (whereabouts must not become known).
Doors: `service` (look up, household, guardians, search, segments, taking rows of the register).
Tables: residents. A household is the residents who share a household number; it has no table of its own.
Never here: 個人番号; this portal holds none.
"""
