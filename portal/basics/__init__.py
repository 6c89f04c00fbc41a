"""基本情報 basics: what a company tells public bodies once, with its days, its evidence, and everything it said before.

用語: basics 基本情報, fact 基本情報の1件, evidence 根拠資料, confirmation 年1回の確認.
Doors: `service`, `events`. Tables: company_facts. What public bodies do with them stands in procurement/once.
"""
