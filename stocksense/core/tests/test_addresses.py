"""Whose request it is: forwarded addresses are believed from our own proxies only."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from stocksense.core.addresses import client_address, network_of, socket_address

PROXIES = ["10.0.0.0/8", "fd00::/8"]


def address(peer: str, forwarded: str = "") -> str:
    return client_address({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded})


@pytest.fixture(autouse=True)
def proxies(settings):
    """One company network of proxies."""
    settings.TRUSTED_PROXIES = PROXIES


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # not a proxy of ours: its header is a claim
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # what the client wrote itself stands left of it
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.9", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6,10.0.0.8 ,10.0.0.9", "6.6.6.6"),
        ("10.0.0.1", "10.0.0.8, 10.0.0.9", "10.0.0.8"),  # all ours: an inside client
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "junk", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, junk", "10.0.0.1"),  # nothing left of junk is believed
        ("10.0.0.1", ", ,", "10.0.0.1"),
        ("10.0.0.1", "999.1.1.1", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("10.0.0.1", '"[2001:db8::1]:443"', "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0:0::1", "2001:db8::1"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("fe80::1%eth0", "198.51.100.1", "fe80::1"),
        ("", "198.51.100.1", ""),
        ("not an address", "198.51.100.1", ""),
        ("10.0.0.1", "<script>, 198.51.100.1\r\nX: y", "10.0.0.1"),
    ],
)
def test_the_client_is_the_rightmost_address_that_is_not_ours(peer, forwarded, client):
    assert address(peer, forwarded) == client


def test_without_proxies_no_header_is_read(settings):
    settings.TRUSTED_PROXIES = []
    assert address("10.0.0.1", "198.51.100.1") == "10.0.0.1"


def test_a_proxy_on_a_unix_socket_is_believed_where_the_setting_says_so(settings):
    settings.TRUSTED_PROXIES = ["unix"]
    assert address("", "6.6.6.6, 198.51.100.1") == "198.51.100.1"
    assert address("", "") == ""


def test_a_chain_of_thousands_is_read_from_its_right_end_only():
    assert address("10.0.0.1", "6.6.6.6," + "10.0.0.2," * 5000 + "10.0.0.3") == "10.0.0.2"


def test_sockets_are_told_apart_the_same_way():
    headers = [(b"x-forwarded-for", b"6.6.6.6"), (b"X-Forwarded-For", b"198.51.100.1")]
    assert socket_address({"client": ["10.0.0.1", 5], "headers": headers}) == "198.51.100.1"
    assert socket_address({"client": ["203.0.113.7", 5], "headers": headers}) == "203.0.113.7"
    assert socket_address({"client": None, "headers": headers}) == ""


def test_a_setting_that_is_no_network_stops_everything(settings):
    settings.TRUSTED_PROXIES = ["10.0.0.1/8"]
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        address("203.0.113.7")


@pytest.mark.parametrize(
    ("one", "network"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("", ""),
    ],
)
def test_limits_count_an_ipv6_site_as_one_client(one, network):
    assert network_of(one) == network
