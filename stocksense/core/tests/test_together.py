"""Who asks the same at the same time is answered by one asking that began after all of them asked."""

import threading
import time

import pytest

from stocksense.core.together import Together


class Source:
    """Something that is asked: slow, counted, and stopped at until it is let go."""

    def __init__(self) -> None:
        self.value, self.asked, self.at_once, self.most_at_once = 0, 0, 0, 0
        self.gate = threading.Event()
        self.begun = threading.Semaphore(0)

    def read(self) -> int:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        value, self.asked = self.value, self.asked + 1
        self.begun.release()
        assert self.gate.wait(10)
        self.at_once -= 1
        return value


def started(together: Together[int], question, count: int = 1, name: str = "a"):
    """Threads that ask, and the list that their answers go to."""
    answers: list[object] = []

    def ask() -> None:
        try:
            answers.append(together.ask(name, question))
        except ZeroDivisionError as error:
            answers.append(error)

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    return threads, answers


def test_those_who_ask_meanwhile_share_the_next_answer():
    together, source = Together(), Source()
    first, early = started(together, source.read)
    assert source.begun.acquire(timeout=10)
    source.value = 1  # changed after the first began and before the others ask
    others, late = started(together, source.read, count=5)
    time.sleep(0.2)
    assert source.asked == 1
    source.gate.set()
    for thread in first + others:
        thread.join(10)
    assert (early, late, source.asked, source.most_at_once) == ([0], [1] * 5, 2, 1)


def test_other_names_do_not_wait():
    together, source = Together(), Source()
    threads, _ = started(together, source.read)
    assert source.begun.acquire(timeout=10)
    assert together.ask("b", lambda: 7) == 7
    source.gate.set()
    threads[0].join(10)


def test_who_waited_for_one_that_failed_asks_alone():
    together, source = Together(), Source()
    first, _ = started(together, source.read)
    assert source.begun.acquire(timeout=10)
    tries: list[int] = []

    def fails_once() -> int:
        tries.append(1)
        return 1 // (len(tries) - 1)

    others, answers = started(together, fails_once, count=3)
    time.sleep(0.2)
    source.gate.set()
    for thread in first + others:
        thread.join(10)
    assert sum(isinstance(answer, ZeroDivisionError) for answer in answers) == 1
    assert sum(isinstance(answer, int) for answer in answers) == 2
    with pytest.raises(ZeroDivisionError):
        together.ask("a", lambda: 1 // 0)
    assert together.ask("a", lambda: 3) == 3


def test_many_threads_never_get_an_older_answer_than_by_asking_alone():
    together, count, wrong = Together(), [0], []

    def run() -> None:
        for _ in range(400):
            before = count[0]
            count[0] += 1
            if together.ask("a", lambda: count[0]) < before:
                wrong.append(before)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert wrong == []
