"""一度だけ once: public bodies read the basics of companies as far as their task allows, ask only for what is missing,
and hear of changes of what they used; the company sees all of it.

用語: task 事務, read 閲覧の記録, request 依頼, change 変更のお知らせ.
Doors within the room: service. Tables: section_tasks, fact_reads, fact_uses, fact_requests, fact_changes.
"""
