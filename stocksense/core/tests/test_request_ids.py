"""Every answer carries the id of its request."""

import pytest

from stocksense.core import context

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/healthz", "/admin/login/", "/nowhere", "/admin/%00/?q=%00", "/"])
def test_an_answer_carries_the_id_that_came_with_the_request(client, address):
    assert client.get(address, HTTP_X_REQUEST_ID="from-gateway.7")["X-Request-ID"] == "from-gateway.7"


def test_a_request_without_an_id_or_with_a_bad_one_gets_its_own(client):
    first, second = (client.get("/healthz")["X-Request-ID"] for _ in range(2))
    assert len(first) == len(second) == 32
    assert first != second
    assert len(client.get("/healthz", HTTP_X_REQUEST_ID="x" * 65)["X-Request-ID"]) == 32


@pytest.mark.parametrize(
    ("address", "channel"),
    [("/admin/x/", "admin"), ("/api/v1/items/", "api"), ("/portal/", "portal"), ("/healthz", ""), ("/", "")],
)
def test_the_channel_is_told_by_the_address(rf, address, channel):
    request = rf.get(address, HTTP_X_CHANGE_REASON="  spring\x00 range ")
    request.request_id = "r"
    origin = context.of_request(request)
    assert (origin.channel, origin.reason, origin.request_id) == (channel, "spring range", "r")
