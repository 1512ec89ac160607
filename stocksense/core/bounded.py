"""What a process remembers: at most so many things, the oldest forgotten first."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Name = TypeVar("Name", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Name, Value]):
    """A dictionary of at most `most` values that threads may share."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Name, Value] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: Name) -> Value | None:
        """The value, None where there is none."""
        return self._values.get(name)

    def put(self, name: Name, value: Value) -> None:
        """Remember a value as the newest."""
        with self._lock:
            self._values[name] = value
            self._values.move_to_end(name)
            while len(self._values) > self._most:
                self._values.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()

    def __len__(self) -> int:
        return len(self._values)
