"""The window: the door of this room. Check-in is for kiosks and desks, the queue for desks and oversight."""

from portal.window import arrivals, desk, queue
from portal.window.models import Ticket
from portal.window.rules import LANE_WORDS, Lane, State

CheckInView = arrivals.CheckInView
check_in = arrivals.check_in
check_in_by_reference = arrivals.check_in_by_reference
can_check_in = arrivals.can_check_in
ticket_of_booking = arrivals.ticket_of_booking
find_booking = arrivals.find

Queued = queue.Queued
Board = queue.Board
people_before = queue.before
board = queue.board
waiting = queue.queue

DeskView = desk.DeskView
desk_view = desk.desk_view
choose_window = desk.choose_window
call_next = desk.call_next
call = desk.call
recall = desk.recall
nobody_came = desk.nobody_came
start = desk.start
mine = desk.mine
verify_by_card = desk.verify_by_card
verify_by_document = desk.verify_by_document
complete = desk.complete
close_days = desk.close_days

__all__ = [
    "LANE_WORDS",
    "Board",
    "CheckInView",
    "DeskView",
    "Lane",
    "Queued",
    "State",
    "Ticket",
    "board",
    "call",
    "call_next",
    "can_check_in",
    "check_in",
    "check_in_by_reference",
    "choose_window",
    "close_days",
    "complete",
    "desk_view",
    "find_booking",
    "mine",
    "nobody_came",
    "people_before",
    "recall",
    "start",
    "ticket_of_booking",
    "verify_by_card",
    "verify_by_document",
    "waiting",
]
