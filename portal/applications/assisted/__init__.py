"""Applications filled in at the window with somebody who has no device (窓口での入力).

Words: assistance 窓口での入力 · sitting 入力の席 · confirmation 本人の確認 · read through together 読み合わせ.
The draft is the resident's own and stays so; a member of staff stands for them in it (Actor.stands_for) as long as the
sitting lasts. Nothing opens before the identity is checked, and nothing is sent before the person confirmed it.
What a clerk asks to correct later is corrected the same way (corrections.py).
Tables: assisted_applications, assisted_corrections (models). How it is decided: decisions/0024, decisions/0063.
"""
