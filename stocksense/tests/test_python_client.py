"""The Python client of docs/examples: made from the description, type-checked, and run against a live server."""

import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from inventory.models import Category, Item
from inventory.tests.factories import ItemFactory
from stocksense.accounts.keys import services
from stocksense.accounts.models import TokenFamily
from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import PASSWORD, UserFactory
from stocksense.core import clock

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "examples" / "python-client"
SCRIPTS = Path(sys.executable).parent


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The generated package and the layer above it, as a program would have them."""
    made = tmp_path_factory.mktemp("client")
    environment = os.environ | {"GENERATOR": str(SCRIPTS / "openapi-python-client"), "PYTHONUTF8": "1"}
    subprocess.run(["sh", FOLDER / "generate.sh", made], env=environment, check=True, capture_output=True)
    shutil.copy(FOLDER / "stocksense_api.py", made)
    return made


@pytest.fixture(scope="module")
def client(folder):
    sys.path.insert(0, str(folder))
    import stocksense_api
    from stocksense_client.api.categories import categories_create
    from stocksense_client.api.items import items_create, items_list
    from stocksense_client.models import CategoryInputRequest, ItemInputRequest

    yield SimpleNamespace(
        api=stocksense_api,
        items_list=items_list.sync_detailed,
        create_item=items_create.sync_detailed,
        create_category=categories_create.sync_detailed,
        Item=ItemInputRequest,
        Category=CategoryInputRequest,
    )
    sys.path.remove(str(folder))


class Unreliable(httpx.BaseTransport):
    """Answers what it is told to in the server's place, or loses the server's answers; then lets requests through."""

    def __init__(self, *troubles):
        self.troubles, self._inner = list(troubles), httpx.HTTPTransport()
        self.sent, self.answered = [], []

    def handle_request(self, request):
        self.sent.append(request.headers.get("Idempotency-Key"))
        trouble = self.troubles.pop(0) if self.troubles else None
        if isinstance(trouble, httpx.Response):
            return trouble
        answer = self._inner.handle_request(request)
        self.answered.append(answer.status_code)
        if trouble == "lost":
            answer.close()
            raise httpx.ReadError("the connection broke")
        return answer


def busy():
    return httpx.Response(503, headers={"Retry-After": "0"})


def test_its_own_layer_is_typed(folder):
    done = subprocess.run(
        [SCRIPTS / "mypy", "--strict", "--config-file", os.devnull, "--follow-imports=silent", "stocksense_api.py"],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db(transaction=True)
def test_lists_are_read_to_their_end(client, live_server):
    skus = sorted(ItemFactory().sku for _ in range(7))
    user = UserFactory(role=Role.VIEWER)
    with client.api.connect(live_server.url, email=user.email, password=PASSWORD) as connected:
        rows = client.api.every(client.items_list, connected, page_size=3)
        assert sorted(row.sku for row in rows) == skus
    assert TokenFamily.objects.count() == 1  # one sign-in for all pages


@pytest.mark.django_db(transaction=True)
def test_what_did_not_change_is_not_sent_again(client, live_server):
    item, user = ItemFactory(), UserFactory(role=Role.VIEWER)
    line = Unreliable()
    with client.api.connect(live_server.url, email=user.email, password=PASSWORD, transport=line) as connected:
        for _ in range(3):
            (row,) = client.api.value(client.items_list(client=connected)).results
            assert row.sku == item.sku
        assert line.answered == [200, 200, 304, 304]  # (the first is the sign-in)
        Item.objects.filter(pk=item.pk).update(name="Renamed")
        (row,) = client.api.value(client.items_list(client=connected)).results
        assert (row.name, line.answered[-1]) == ("Renamed", 200)


@pytest.mark.django_db(transaction=True)
def test_a_lost_answer_and_a_busy_server_do_nothing_twice(client, live_server):
    user = UserFactory(role=Role.PLANNER)
    line = Unreliable(None, "lost", busy(), None)  # the first is the sign-in
    with client.api.connect(live_server.url, email=user.email, password=PASSWORD, transport=line) as connected:
        made = client.api.value(client.create_category(client=connected, body=client.Category(name="Tea")))
    assert made.name == "Tea"
    assert Category.objects.count() == 1
    login, *keys = line.sent
    assert login is None
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert keys[0]


@pytest.mark.django_db(transaction=True)
def test_tokens_are_renewed_where_the_server_ended_them(client, live_server):
    user = UserFactory(role=Role.VIEWER)
    with client.api.connect(live_server.url, email=user.email, password=PASSWORD) as connected:
        assert list(client.api.every(client.items_list, connected)) == []
        signed_in = connected.get_httpx_client().auth
        before, signed_in._until = signed_in._refresh, 0.0
        assert list(client.api.every(client.items_list, connected)) == []
        assert signed_in._refresh != before
        assert TokenFamily.objects.count() == 1
        connected.get_httpx_client().post("/api/v1/auth/logout-all")
        assert list(client.api.every(client.items_list, connected)) == []


@pytest.mark.django_db(transaction=True)
def test_a_program_signs_in_by_its_key(client, live_server):
    item, owner = ItemFactory(), UserFactory(role=Role.ADMIN)
    until = clock.now() + timedelta(days=1)
    _, key = services.create_key(
        owner=owner, name="Till", permissions=["inventory.view_item"], expires_at=until, actor=owner
    )
    with client.api.connect(live_server.url, api_key=key) as connected:
        assert [row.sku for row in client.api.every(client.items_list, connected)] == [item.sku]


@pytest.mark.django_db(transaction=True)
def test_a_refusal_says_what_is_wrong(client, live_server):
    user = UserFactory(role=Role.PLANNER)
    with (
        client.api.connect(live_server.url, email=user.email, password=PASSWORD) as connected,
        pytest.raises(client.api.Refused) as refused,
    ):
        client.api.value(client.create_item(client=connected, body=client.Item(sku="", name="Nameless")))
    assert "/sku" in [entry.pointer for entry in refused.value.problem.errors]
    assert Item.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_wrong_password_is_told_and_not_tried_again(client, live_server):
    user = UserFactory(role=Role.VIEWER)
    line = Unreliable()
    with (
        client.api.connect(live_server.url, email=user.email, password="wrong", transport=line) as connected,
        pytest.raises(client.api.Refused, match="401"),
    ):
        client.items_list(client=connected)
    assert len(line.sent) == 1
