"""手紙によるログイン sign-in by letter: a company without gBizID proves itself by a code posted to its registered address.

用語: letter 確認の手紙, code 確認コード, sign-in number ログイン番号 (also the number of the request).
Doors: /business/by-post (ask, code, sign-in, stop), /staff/company-letters (print, post, returned, again). Table:
sign_in_letters. The code lies in no table: it follows from the master secret, the letter and how often it was issued.
"""
