"""Composing notices: the door of this part of the room."""

from portal.mailbox.composing import course, drafts, figures, people, reader

write = drafts.write
draft_of = drafts.open_notice
reach = people.shown
whom = people.whom
send = course.send
start_due = course.start_due
numbers = figures.numbers
Standing = reader.Standing
standing_of = reader.standing_of
withdrawn_at = reader.withdrawn_at
