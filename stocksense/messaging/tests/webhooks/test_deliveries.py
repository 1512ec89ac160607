"""Messages to other systems: from the change that makes them true to the receiver, at least once."""

import threading
import time
from datetime import timedelta

import orjson
import pytest
from django.db import connection, connections, transaction
from standardwebhooks import Webhook, WebhookVerificationError

from stocksense.core import clock
from stocksense.core.errors import Conflict, NotAllowed
from stocksense.messaging import services, tasks
from stocksense.messaging.models import DeliveryState, News, OutboxMessage, WebhookDelivery, WebhookEndpoint
from stocksense.messaging.webhooks import deliveries, dispatch, endpoints, news
from stocksense.messaging.webhooks.deliveries import claim, pause, record
from stocksense.messaging.webhooks.sending import Answer

pytestmark = pytest.mark.django_db

TAKEN = Answer(204, "", 0.1)
REFUSED = Answer(500, "Answered 500.", 0.1)


def tell(number: int = 1) -> None:
    news.announce(News.PLAN_PUBLISHED, {"run": number})
    services.deliver_waiting()


def due_now() -> None:
    WebhookDelivery.objects.update(next_attempt_at=clock.now() - timedelta(seconds=1))


def test_news_reaches_the_receiver_signed(made, receiver):
    news.announce(News.PLAN_PUBLISHED, {"run": 7})
    tasks.deliver_outbox()
    ((_, headers, body),) = receiver.requests
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.last_status) == ("delivered", 1, 204)
    sent = Webhook(made.secret).verify(body, headers)
    assert (sent["type"], sent["data"]) == ("plan.published", {"run": 7})
    assert set(sent) == {"type", "timestamp", "data"}
    assert headers["webhook-id"] == delivery.message_id
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(body.replace(b"7", b"8"), headers)


def test_nothing_is_written_where_nobody_listens(db):
    news.announce(News.PLAN_PUBLISHED, {"run": 7})
    assert not OutboxMessage.objects.exists()


def test_only_what_an_endpoint_asked_for(made, receiver):
    news.announce(News.PURCHASE_ORDER_SENT, {})
    WebhookEndpoint.objects.update(is_active=False)
    news.announce(News.PLAN_PUBLISHED, {})
    services.deliver_waiting()
    assert not WebhookDelivery.objects.exists()


def test_a_change_that_is_rolled_back_is_told_to_nobody(made):
    with transaction.atomic():
        news.announce(News.PLAN_PUBLISHED, {"run": 7})
        transaction.set_rollback(True)
    services.deliver_waiting()
    assert not WebhookDelivery.objects.exists()


def test_handing_over_twice_makes_one_delivery(made):
    message = news.message(News.PLAN_PUBLISHED, {"run": 7})
    news.hand_to_endpoints(message)
    news.hand_to_endpoints(message)
    assert WebhookDelivery.objects.get().message_id == message["id"]


def test_a_message_that_is_too_large_is_refused(made):
    with pytest.raises(ValueError, match="too large"):
        news.announce(News.PLAN_PUBLISHED, {"text": "x" * 300_000})


def test_both_secrets_sign_until_the_rotation_ends(made, receiver, admin):
    second = endpoints.rotate_secret(endpoint_id=made.endpoint.pk, actor=admin)
    tell()
    dispatch.deliver_due()
    endpoints.end_rotation(endpoint_id=made.endpoint.pk, actor=admin)
    tell(2)
    dispatch.deliver_due()
    (_, both, first_body), (_, one, second_body) = receiver.requests
    assert len(both["webhook-signature"].split()) == 2
    for secret in (made.secret, second.secret):
        Webhook(secret).verify(first_body, both)
    Webhook(second.secret).verify(second_body, one)
    with pytest.raises(WebhookVerificationError):
        Webhook(made.secret).verify(second_body, one)


def test_pauses_triple_for_about_a_day_and_differ():
    planned = [min(6 * 3600, 10 * 3**n) for n in range(11)]
    for attempts, seconds in enumerate(planned, start=1):
        found = {pause(attempts) for _ in range(50)}
        assert len(found) > 1
        assert all(0.8 * seconds <= one <= 1.2 * seconds for one in found)
    assert 24 * 3600 < sum(planned) < 32 * 3600
    assert pause(1, retry_after=600) == 600
    assert pause(1, retry_after=1e9) == 6 * 3600


def test_a_refused_message_is_tried_again_with_its_id_until_it_is_dead(made, receiver):
    receiver.status = 500
    tell()
    for attempt in range(1, 13):
        due_now()
        assert dispatch.deliver_due() == 1
        row = WebhookDelivery.objects.get()
        assert (row.attempts, row.last_error) == (attempt, "Answered 500.")
    assert row.state == DeliveryState.DEAD
    due_now()
    assert dispatch.deliver_due() == 0
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert len(receiver.requests) == 12


def test_a_refused_message_waits_out_its_pause(made, receiver):
    receiver.status = 500
    tell()
    assert (dispatch.deliver_due(), dispatch.deliver_due()) == (1, 0)
    row = WebhookDelivery.objects.get()
    assert 8 <= (row.next_attempt_at - clock.now()).total_seconds() + 1 <= 13


def test_replaying_one_and_all_dead_ones(made, receiver, admin):
    for number in range(3):
        tell(number)
    WebhookDelivery.objects.update(state=DeliveryState.DEAD, attempts=12)
    ids = list(WebhookDelivery.objects.values_list("message_id", flat=True).order_by("pk"))
    first = WebhookDelivery.objects.earliest("pk")
    assert deliveries.replay(delivery_ids=[first.pk], actor=admin) == 1
    with pytest.raises(Conflict):
        deliveries.replay(delivery_ids=[first.pk], actor=admin)
    dispatch.deliver_due()
    assert deliveries.replay_dead(endpoint_id=made.endpoint.pk, actor=admin) == 2
    dispatch.deliver_due()
    assert sorted(headers["webhook-id"] for _, headers, _ in receiver.requests) == sorted(ids)
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}


def test_only_who_may_change_webhooks_replays(made, receiver):
    from stocksense.accounts.roles import Role
    from stocksense.accounts.tests.factories import UserFactory

    tell()
    WebhookDelivery.objects.update(state=DeliveryState.DEAD)
    for role in (Role.VIEWER, Role.PLANNER, Role.APPROVER, Role.SUPPLIER):
        actor = UserFactory(role=role)
        with pytest.raises(NotAllowed):
            deliveries.replay(delivery_ids=[WebhookDelivery.objects.get().pk], actor=actor)
        with pytest.raises(NotAllowed):
            deliveries.replay_dead(endpoint_id=made.endpoint.pk, actor=actor)
    assert WebhookDelivery.objects.get().state == DeliveryState.DEAD


def test_a_killed_worker_loses_nothing_and_its_late_word_does_not_count(made):
    tell()
    (killed,) = claim(most=10)
    assert claim(most=10) == []
    WebhookDelivery.objects.update(leased_until=clock.now() - timedelta(seconds=1))
    (second,) = claim(most=10)
    assert (second.message_id, second.attempt) == (killed.message_id, killed.attempt + 1)
    record(killed, REFUSED)
    assert WebhookDelivery.objects.get().leased_until is not None
    record(second, TAKEN)
    record(killed, REFUSED)
    record(second, REFUSED)
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.last_status) == ("delivered", 2, 204)


def test_claims_are_fair_and_few_at_once_per_endpoint(made, admin, receiver):
    other = endpoints.create_endpoint(url=receiver.url, topics=[News.PLAN_PUBLISHED], actor=admin).endpoint
    failing = endpoints.create_endpoint(url=receiver.url, topics=[News.PLAN_PUBLISHED], actor=admin).endpoint
    WebhookEndpoint.objects.filter(pk=failing.pk).update(failing_since=clock.now())
    for number in range(10):
        tell(number)
    claimed = [one.endpoint.pk for one in claim(most=24)]
    assert {pk: claimed.count(pk) for pk in set(claimed)} == {made.endpoint.pk: 4, other.pk: 4, failing.pk: 1}
    assert claim(most=24) == []


def test_a_slow_receiver_does_not_hold_the_others(made, receiver, admin, monkeypatch):
    fast = endpoints.create_endpoint(url=receiver.url + "/fast", topics=[News.PLAN_PUBLISHED], actor=admin)
    arrived: dict[str, float] = {}

    def behave(handler):
        if not handler.path.endswith("/fast"):
            time.sleep(1.5)
        handler.send_response(200)
        handler.end_headers()
        arrived[handler.headers["webhook-id"] + handler.path] = time.monotonic()

    receiver.behave = behave
    for number in range(12):
        tell(number)
    started = time.monotonic()
    dispatch.deliver_due(longest=1.0)
    quick = [at - started for name, at in arrived.items() if name.endswith("/fast")]
    assert len(quick) == 12
    assert max(quick) < 1.4
    assert WebhookDelivery.objects.filter(endpoint=fast.endpoint, state="delivered").count() == 12


def test_an_endpoint_that_fails_for_long_is_paused_and_keeps_its_messages(made, receiver, admin):
    receiver.status = 500
    tell()
    dispatch.deliver_due()
    row = WebhookEndpoint.objects.get()
    assert (row.failing_since is not None, row.paused_at) == (True, None)
    WebhookEndpoint.objects.update(failing_since=clock.now() - timedelta(days=2, minutes=1))
    due_now()
    dispatch.deliver_due()
    row = WebhookEndpoint.objects.get()
    assert row.paused_at is not None
    assert row.pause_reason == "It has taken nothing for 2 days. Last: Answered 500."
    tell(2)
    due_now()
    assert dispatch.deliver_due() == 0
    receiver.status = 200
    endpoints.resume(endpoint_id=row.pk, actor=admin)
    assert dispatch.deliver_due() == 2
    row.refresh_from_db()
    assert (row.paused_at, row.failing_since, row.pause_reason) == (None, None, "")


def test_a_success_ends_the_failing(made, receiver):
    WebhookEndpoint.objects.update(failing_since=clock.now() - timedelta(days=9))
    tell()
    dispatch.deliver_due()
    assert WebhookEndpoint.objects.get().failing_since is None


def test_a_receiver_that_is_gone_is_paused_at_once(made, receiver):
    receiver.status = 410
    tell()
    dispatch.deliver_due()
    assert "410" in WebhookEndpoint.objects.get().pause_reason


def test_an_address_that_came_to_lead_inside_is_not_sent_to(made, receiver, settings):
    tell()
    settings.WEBHOOK_ALLOWED_NETWORKS = []
    dispatch.deliver_due()
    row = WebhookDelivery.objects.get()
    assert (row.state, row.last_status) == ("waiting", None)
    assert "private network" in row.last_error
    assert receiver.requests == []


def test_a_secret_that_cannot_be_read_says_so(made, receiver, settings):
    tell()
    settings.SECRET_KEY = "another " * 8
    dispatch.deliver_due()
    assert "SECRET_KEY has changed" in WebhookDelivery.objects.get().last_error
    settings.SECRET_KEY_FALLBACKS = ["test-only-" + "k" * 50]
    due_now()
    dispatch.deliver_due()
    assert WebhookDelivery.objects.get().state == "delivered"


def test_old_messages_go_and_dead_ones_stay(made):
    for number in range(3):
        tell(number)
    old, dead, young = WebhookDelivery.objects.order_by("pk")
    long_ago = clock.now() - deliveries.KEPT - timedelta(minutes=1)
    WebhookDelivery.objects.filter(pk=old.pk).update(state="delivered", delivered_at=long_ago)
    WebhookDelivery.objects.filter(pk=dead.pk).update(state="dead", delivered_at=long_ago)
    assert deliveries.remove_old() == 1
    assert set(WebhookDelivery.objects.values_list("pk", flat=True)) == {dead.pk, young.pk}


@pytest.mark.django_db(transaction=True)
def test_two_dispatchers_send_each_message_once(made, receiver):
    for number in range(20):
        tell(number)
    start = threading.Barrier(2)

    def work():
        start.wait()
        for _ in range(40):
            dispatch.deliver_due()
        connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    ids = [headers["webhook-id"] for _, headers, _ in receiver.requests]
    assert len(ids) == len(set(ids)) == 20
    assert set(WebhookDelivery.objects.values_list("state", "attempts")) == {("delivered", 1)}


@pytest.mark.django_db(transaction=True)
def test_a_dispatcher_that_died_leaves_no_lock(made, receiver):
    """The lock is the connection's: a worker that is killed takes it along."""
    tell()
    held = threading.Event()

    def die():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [dispatch._LOCK])
        held.set()
        time.sleep(0.3)
        connections.close_all()

    victim = threading.Thread(target=die)
    victim.start()
    held.wait()
    assert dispatch.deliver_due() == 0
    victim.join()
    for _ in range(50):
        if dispatch.deliver_due():
            break
        time.sleep(0.05)
    assert len(receiver.requests) == 1


def test_a_job_that_ends_is_told(made, receiver):
    from stocksense.jobs import services as jobs

    job = jobs.create_job(kind="counting", title="Counting", steps=["one"], parameters={}, actor=None)
    lease = jobs.claim(job.pk)
    jobs.fail(lease, error="The sheep are gone.")
    services.deliver_waiting()
    assert orjson.loads(WebhookDelivery.objects.get().body)["data"] == {
        "id": job.pk,
        "kind": "counting",
        "title": "Counting",
        "state": "failed",
        "error": "The sheep are gone.",
        "url": f"/api/v1/jobs/{job.pk}",
    }
