"""After a restart: what is said of money, and a card that lies there from before."""

from kiosk import effects as fx
from kiosk import events as ev
from kiosk.steps import Health, Step
from tests.kiosk.played import ORDER, WELL, Played


def test_a_restart_before_the_first_coin_tells_of_no_coins() -> None:
    played = Played(Health()).play(ev.JobRecovered(ORDER.order), ev.Refunded(ORDER.order, "untouched"))
    assert played.journey.notice is not None
    assert played.journey.notice.code == "not-charged"
    played = Played(Health()).play(ev.JobRecovered(ORDER.order), ev.Refunded(ORDER.order, "dropped"))
    assert played.journey.notice is not None
    assert played.journey.notice.code == "refunded"


def test_a_card_from_before_a_restart_is_called_out_and_read_for_nobody() -> None:
    played = Played(Health()).play(ev.CardInserted(), ev.HealthChanged(WELL))
    assert played.step is Step.TAKE_CARD
    assert played.asked(fx.OpenCard) == 0
    assert played.wait(60).asked(fx.Chime) > 1
    assert played.play(ev.CardRemoved()).step is Step.THANKS
