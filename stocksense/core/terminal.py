"""Progress on a terminal: one line that is rewritten, or one line per step where output is not a terminal."""

import time
from typing import Protocol

BAR_WIDTH = 24


class Output(Protocol):
    """What Django's command output can do."""

    def write(self, msg: str = "", style_func: None = None, ending: str | None = None) -> object: ...
    def flush(self) -> None: ...
    def isatty(self) -> bool: ...


class ProgressLine:
    """Called with (step, done, total, unit, message) as work goes on."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._live = output.isatty()
        self._step = ""
        self._started = time.monotonic()

    def __call__(self, step: str, done: int, total: int, unit: str, message: str) -> None:
        """Show how far a step is."""
        if step != self._step:
            self._step, self._started = step, time.monotonic()
        seconds = time.monotonic() - self._started
        if self._live:
            filled = BAR_WIDTH * done // max(total, 1)
            bar = "█" * filled + "·" * (BAR_WIDTH - filled)
            self._output.write(f"\r\x1b[K{step:>9} {bar} {done:,}/{total:,} {unit} {message}", ending="")
            if done >= total:
                self._output.write(f"  {seconds:.1f} s")
            self._output.flush()
        elif done >= total:
            took = f" in {seconds:.1f} s" if seconds >= 0.05 else ""  # told once only: the time is not known
            self._output.write(f"{step}: {done:,} {unit}{took}")

    def end(self) -> None:
        """Leave the line."""
        if self._live:
            self._output.write("")
