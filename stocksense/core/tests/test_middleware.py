"""What every request passes before its view."""

import pytest

from stocksense.accounts.roles import Role
from stocksense.accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/admin/planning/worklist/?q=%00", "/admin/search/?s=a%00", "/admin/%00/"])
def test_an_address_with_a_zero_byte_is_a_bad_request(client, address):
    client.force_login(UserFactory(role=Role.VIEWER))
    assert client.get(address).status_code == 400
    assert client.get("/admin/planning/worklist/?q=100%2500").status_code == 200
