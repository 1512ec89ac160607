"""One answer for all who ask the same at the same time."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Together(Generic[Value]):
    """Asks once for all threads that wait for the same, as group commit writes once for all that wait.

    While a question is under way whoever asks the same waits for the next, which one of them asks for all: every answer
    was begun after its caller asked, so nobody is given an older one than by asking alone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._gathering: dict[Hashable, _Turn[Value]] = {}
        self._under_way: dict[Hashable, threading.Lock] = {}

    def ask(self, name: Hashable, question: Callable[[], Value]) -> Value:
        """The answer to `question`, by this thread or another. Raises what asking raises in this thread.

        Names are few: a lock is kept for each.
        """
        with self._lock:
            turn = self._gathering.get(name)
            leads = turn is None
            if turn is None:
                turn = self._gathering[name] = _Turn()
                under_way = self._under_way.setdefault(name, threading.Lock())
        if not leads:
            with turn.finished:
                pass
            return turn.answers[0] if turn.answers else question()  # (the other's connection may have been the trouble)
        try:
            with under_way:
                with self._lock:
                    del self._gathering[name]  # who asks from here on wants an answer that is begun later
                turn.answers.append(question())
        finally:
            turn.finished.release()
        return turn.answers[0]


class _Turn(Generic[Value]):
    """Those who wait for one asking: the answer, and a lock that is held until it is there."""

    def __init__(self) -> None:
        self.answers: list[Value] = []
        self.finished = threading.Lock()
        self.finished.acquire()
