"""民間ポイントとの交換 exchange: citizen points become points of a private programme, in two phases, and daily compared.

用語: 交換 exchange, 取り置き hold, 不一致 difference.
Doors within the room: service (ask, the errand that carries it to the programme), watching (what does not get on),
reconciling (daily comparison, and what staff decide),
programme (how the portal speaks to it; README.md and openapi.json are what a programme builds against).
Tables: point_exchanges, point_exchange_differences. The demo's programme is portal.demo.private_points.
"""
