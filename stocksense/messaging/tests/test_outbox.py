"""News between parts of the system: in order, at least once, and never of a change that did not happen."""

import threading
from datetime import timedelta

import pytest
from django.db import connections, transaction

from stocksense.core import clock
from stocksense.messaging import services
from stocksense.messaging.models import DeliveryState, OutboxMessage

pytestmark = pytest.mark.django_db


@pytest.fixture
def heard(monkeypatch) -> list[int]:
    """Numbers that a handler of 'bell' was called with."""
    numbers: list[int] = []
    monkeypatch.setattr(services, "_handlers", {})
    services.subscribe("bell", lambda payload: numbers.append(payload["number"]))
    return numbers


def ring(*numbers: int, topic: str = "bell") -> list[OutboxMessage]:
    return [services.publish(topic=topic, payload={"number": number}) for number in numbers]


def fail_with(monkeypatch, error: Exception, topic: str = "bell") -> None:
    def broken(payload):
        raise error

    monkeypatch.setattr(services, "_handlers", {topic: [broken]})


def test_messages_are_delivered_once_each_in_the_order_they_were_written(heard):
    ring(3, 1, 2)
    assert services.deliver_waiting() == 3
    assert heard == [3, 1, 2]
    assert services.deliver_waiting() == 0
    assert set(OutboxMessage.objects.values_list("state", "attempts")) == {("delivered", 1)}


def test_a_change_that_is_rolled_back_tells_nobody(heard):
    with transaction.atomic():
        ring(1)
        transaction.set_rollback(True)
    assert services.deliver_waiting() == 0
    assert heard == []


def test_every_handler_of_a_topic_is_called(heard):
    second = []
    services.subscribe("bell", lambda payload: second.append(payload["number"]))
    ring(1)
    services.deliver_waiting()
    assert (heard, second) == ([1], [1])


def test_one_round_delivers_no_more_than_told(heard):
    ring(1, 2, 3)
    assert services.deliver_waiting(most=2) == 2
    assert heard == [1, 2]


def test_a_failing_handler_is_tried_again_after_growing_pauses(monkeypatch):
    now = clock.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    fail_with(monkeypatch, ValueError("out of tune"))
    (message,) = ring(1)
    OutboxMessage.objects.update(next_attempt_at=now)
    pauses = []
    for _ in range(9):
        assert services.deliver_waiting() == 0
        message.refresh_from_db()
        pauses.append((message.next_attempt_at - now).total_seconds())
        now = message.next_attempt_at
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560]
    assert (message.state, message.last_error) == ("waiting", "ValueError: out of tune")


def test_a_failed_message_waits_out_its_pause(monkeypatch, heard):
    fail_with(monkeypatch, ValueError("out of tune"))
    (message,) = ring(1)
    services.deliver_waiting()
    services.deliver_waiting()
    message.refresh_from_db()
    assert message.attempts == 1


def test_a_message_is_dead_after_ten_attempts(monkeypatch):
    fail_with(monkeypatch, ValueError("out of tune"))
    (message,) = ring(1)
    for _ in range(11):
        OutboxMessage.objects.update(next_attempt_at=clock.now() - timedelta(seconds=1))
        services.deliver_waiting()
    message.refresh_from_db()
    assert (message.state, message.attempts, message.delivered_at) == (DeliveryState.DEAD, 10, None)


def test_what_a_failing_handler_wrote_is_undone(monkeypatch):
    def half_done(payload):
        services.publish(topic="echo", payload={})
        raise ValueError("out of tune")

    monkeypatch.setattr(services, "_handlers", {"bell": [half_done]})
    ring(1)
    services.deliver_waiting()
    assert not OutboxMessage.objects.filter(topic="echo").exists()


def test_a_failing_message_holds_back_its_topic_but_no_other(monkeypatch, heard):
    def out_of_tune(payload):
        if payload["number"] == 1:
            raise ValueError("out of tune")
        heard.append(payload["number"])

    others = []
    monkeypatch.setattr(
        services, "_handlers", {"bell": [out_of_tune], "horn": [lambda payload: others.append(payload["number"])]}
    )
    ring(1, 2)
    ring(3, topic="horn")
    assert services.deliver_waiting() == 1
    assert (heard, others) == ([], [3])


def test_a_dead_message_lets_the_next_one_of_its_topic_pass(heard):
    first, _ = ring(1, 2)
    OutboxMessage.objects.filter(pk=first.pk).update(state=DeliveryState.DEAD)
    assert services.deliver_waiting() == 1
    assert heard == [2]


@pytest.mark.django_db(transaction=True)
def test_two_deliverers_never_deliver_the_same_message_and_keep_the_order(monkeypatch):
    delivered, inside, start = [], [], threading.Barrier(2)

    def slow(payload):
        inside.append(payload["number"])
        assert len(inside) == 1
        threading.Event().wait(0.01)
        delivered.append(inside.pop())

    monkeypatch.setattr(services, "_handlers", {"bell": [slow]})
    ring(*range(20))

    def deliver():
        start.wait()
        for _ in range(200):
            services.deliver_waiting()
            if len(delivered) >= 20:
                break
        connections.close_all()

    deliverers = [threading.Thread(target=deliver) for _ in range(2)]
    for deliverer in deliverers:
        deliverer.start()
    for deliverer in deliverers:
        deliverer.join()
    assert delivered == list(range(20))
    assert set(OutboxMessage.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db(transaction=True)
def test_two_deliverers_work_on_different_topics_at_the_same_time(monkeypatch):
    both = threading.Barrier(2, timeout=5)
    met = []

    def meet(payload):
        both.wait()
        met.append(payload["number"])

    monkeypatch.setattr(services, "_handlers", {"bell": [meet], "horn": [meet]})
    ring(1)
    ring(2, topic="horn")

    def deliver():
        services.deliver_waiting(most=1)
        connections.close_all()

    deliverers = [threading.Thread(target=deliver) for _ in range(2)]
    for deliverer in deliverers:
        deliverer.start()
    for deliverer in deliverers:
        deliverer.join()
    assert sorted(met) == [1, 2]


def test_messages_delivered_long_ago_are_removed_and_dead_ones_stay(heard):
    old, dead, young = ring(1, 2, 3)
    long_ago = clock.now() - services.KEPT - timedelta(minutes=1)
    OutboxMessage.objects.filter(pk__in=[old.pk, dead.pk]).update(delivered_at=long_ago, state=DeliveryState.DELIVERED)
    OutboxMessage.objects.filter(pk=dead.pk).update(state=DeliveryState.DEAD)
    assert services.remove_delivered() == 1
    assert set(OutboxMessage.objects.values_list("pk", flat=True)) == {dead.pk, young.pk}
