"""`kill -9` at random moments of submitting, booking and checking in: what a city's day is worth afterwards.

`town` has a portal and a worker that are killed again and again, `people` go through a visit and send again what was not
acknowledged, `books` are compared with a visit nobody was killed in.
"""
