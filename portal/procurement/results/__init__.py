"""結果の取消し: a wrong result is taken back by two people, and the tender decided anew.

用語: withdrawal of a result 結果の取消し.
Doors within the room: service. Tables: result_withdrawals.
"""
