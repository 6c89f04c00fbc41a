"""Casework (審査): what the processing centre and the sections do with an application until it is decided.

Words: worklist 担当一覧 · standard period 標準処理期間 · second person 二人目の確認者 · internal note 内部メモ ·
expert opinion 意見照会 · decision letter 決定通知書 · appeal instructions 教示 · export 連携出力.
Doors: through `applications.service`. Tables: case_files, case_decisions, case_notes, case_opinions, case_letters,
bulk_runs, bulk_items, case_exports, export_counters, export_receivers, export_receipts.
"""
