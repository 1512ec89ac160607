"""Progress on a terminal and in a log."""

import pytest

from stocksense.core import terminal
from stocksense.core.terminal import ProgressLine


class Output:
    """What was written, as one text."""

    def __init__(self, *, is_terminal: bool) -> None:
        self.text, self._is_terminal = "", is_terminal

    def write(self, msg: str = "", style_func: None = None, ending: str | None = None) -> None:
        self.text += msg + ("\n" if ending is None else ending)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture(autouse=True)
def _seconds(monkeypatch):
    """Each look at the clock is half a second after the one before."""
    ticks = iter(number / 2 for number in range(100))
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(ticks))


def test_a_log_gets_one_line_per_finished_step():
    output = Output(is_terminal=False)
    line = ProgressLine(output)
    line("forecast", 500, 1200, "series", "back-testing")
    line("forecast", 1200, 1200, "series", "")
    line("plan", 3, 3, "item-locations", "")
    line.end()
    assert output.text == "forecast: 1,200 series in 1.0 s\nplan: 3 item-locations in 0.5 s\n"


def test_a_terminal_shows_one_line_that_is_rewritten():
    output = Output(is_terminal=True)
    line = ProgressLine(output)
    line("plan", 600, 1200, "item-locations", "planning")
    assert output.text == f"\r\x1b[K     plan {'█' * 12}{'·' * 12} 600/1,200 item-locations planning"
    output.text = ""
    line("plan", 1200, 1200, "item-locations", "")
    assert output.text == f"\r\x1b[K     plan {'█' * 24} 1,200/1,200 item-locations   1.0 s\n"


def test_a_terminal_line_that_was_not_finished_is_left_at_the_end():
    output = Output(is_terminal=True)
    line = ProgressLine(output)
    line("plan", 0, 0, "orders", "")
    output.text = ""
    line.end()
    assert output.text == "\n"
