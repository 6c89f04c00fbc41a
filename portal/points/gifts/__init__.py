"""一斉付与 gifts: points for many people at once, from a programme's budget, once a person.

用語: 一斉付与 gift to many, 提案 proposal, 予算切れ budget spent.
Doors within the room: service (propose, decide, go on), giving (the worker's chunks).
Pages: /staff/points/gifts, /staff/points/gifts/new, /staff/points/gifts/<number>.
Tables: point_gifts. Whoever gets points has a line in the books (key gift:<number>:<resident>); no list is kept beside it.
"""
