"""The window: the door of this room. Check-in and numbers are for kiosks and desks, the queue for desks and oversight."""

from portal.window import arrivals, calls, desk, kinds, near, numbers, paper, prepared, queue, visits
from portal.window.models import Ticket
from portal.window.rules import LANE_WORDS, How, Lane, State

CheckInView = arrivals.CheckInView
check_in = arrivals.check_in
check_in_at_machine = arrivals.check_in_at_machine
can_check_in = arrivals.can_check_in
ticket_of_booking = arrivals.ticket_of_booking
find_booking = arrivals.find

Offer = numbers.Offer
Standing = numbers.Standing
offers = numbers.offers
draw = numbers.draw
by_token = numbers.by_token
standing = numbers.standing
leave = numbers.leave
come_back = numbers.come_back
page_of = numbers.page_of
still_waits = near.still_waits
KIND_WORDS = kinds.WORDS
slip = paper.slip

Queued = queue.Queued
Board = queue.Board
people_before = queue.before
board = queue.board
waiting = queue.queue

DeskView = desk.DeskView
desk_view = desk.desk_view
choose_window = desk.choose_window
start = desk.start
mine = desk.mine
of_office = desk.of_office
reception_context = desk.reception_context
check_in_by_card = desk.check_in_by_card
CardAnswer = desk.CardAnswer
challenge_context = desk.challenge_context
verify_by_card = desk.verify_by_card
verify_by_document = desk.verify_by_document
complete = desk.complete
close_days = desk.close_days
cases_of = visits.cases_of
titles_of = visits.titles_of
add_prepared = prepared.add
number_of = prepared.number_of

call_next = calls.call_next
call = calls.call
recall = calls.recall
nobody_came = calls.nobody_came
park = calls.park
forward = calls.forward
set_needs = calls.set_needs

__all__ = [
    "KIND_WORDS",
    "LANE_WORDS",
    "Board",
    "CardAnswer",
    "CheckInView",
    "DeskView",
    "How",
    "Lane",
    "Offer",
    "Queued",
    "Standing",
    "State",
    "Ticket",
    "add_prepared",
    "board",
    "by_token",
    "call",
    "call_next",
    "can_check_in",
    "cases_of",
    "challenge_context",
    "check_in",
    "check_in_at_machine",
    "check_in_by_card",
    "choose_window",
    "close_days",
    "come_back",
    "complete",
    "desk_view",
    "draw",
    "find_booking",
    "forward",
    "leave",
    "mine",
    "nobody_came",
    "number_of",
    "of_office",
    "offers",
    "page_of",
    "park",
    "people_before",
    "recall",
    "reception_context",
    "set_needs",
    "slip",
    "standing",
    "start",
    "still_waits",
    "ticket_of_booking",
    "titles_of",
    "verify_by_card",
    "verify_by_document",
    "waiting",
]
