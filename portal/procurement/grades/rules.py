"""When a company can object to a grade, and the refusals."""

from portal.core.errors import Refusal
from portal.core.words import N_


class GradeMoved(Refusal):
    code = "grade-moved"
    status = 409
    message = N_("This grade has changed meanwhile, or you have objected to it already.")
    next_step = N_("Open the page of your grades again and look at what stands there.")


class ObjectionMoved(Refusal):
    code = "grade-objection-moved"
    status = 409
    message = N_("This objection has been answered already, or it is not for your body.")
    next_step = N_("Open the list of objections again.")
