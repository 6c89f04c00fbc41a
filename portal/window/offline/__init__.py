"""Without network (回線断): a desk goes on giving numbers, checking in and calling; later everything is merged (統合).

Words: lease 番号の割当 · block 番号帯 · step 操作 · journal 操作記録 · merge 統合 · share 担当分.
A desk that is online holds a lease: a block of numbers nobody else gives, and a list of today's visits that names nobody.
Its browser keeps that list, the queue and a journal of its steps (static/js/offline/). Back on line the journal is merged,
each step once, in its order; what no longer fits is told in words, and no number that people hold is given twice.
Doors: `service` (lease, state, merge, merged_today). Tables: offline_leases, offline_steps.
"""
