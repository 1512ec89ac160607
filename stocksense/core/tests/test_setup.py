"""What a database gets after its tables."""

from stocksense.core import setup


def test_hooks_run_in_the_order_they_came_and_each_once(monkeypatch):
    monkeypatch.setattr(setup, "_hooks", [])
    called = []

    def first(using):
        called.append(("first", using))

    def second(using):
        called.append(("second", using))

    for hook in (first, second, first):
        setup.on_database_ready(hook)
    setup.run_hooks("owner")
    assert called == [("first", "owner"), ("second", "owner")]
