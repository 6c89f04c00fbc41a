"""Kinds of questions, one file each. To add one:

1. `schema.Kind` gets its name ("amount"), `schema.FormField` what only it needs, checked there.
2. A file here makes a `component.Component`: `read` turns typed texts into an answer (JSON) or raises `NotUnderstood` or
   `TextRefused`; `again` turns the answer back into texts; `parts` names its inputs ("bank" is sent as "account-bank").
3. `registry.COMPONENTS` names it.
4. `templates/applications/fields/<kind>.html` has a macro `draw(shown)` (shown is view.Shown).
5. `written.WRITERS` says the answer in words: check page, sheet and the review pages read it from there.
6. `static/js/answers.js` reads it for conditions on the same page, if any may ask about it.

Everything else (drafts, conflicts, rows, corrections, show and hide) works on that seam. Nothing here touches a database.
"""
