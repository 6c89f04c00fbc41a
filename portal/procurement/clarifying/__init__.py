"""確認 clarifying: what a body and one bidder write to each other about a tender, where nobody gains by it (decision 88).

用語: clarification 確認事項の連絡, ground 確認の理由, bidder 入札者.
Doors within the room: service. Tables: clarifications, clarification_messages.
"""
