"""Where news may be sent: nothing inside our own network, whatever the address is written like."""

from ipaddress import ip_address, ip_network

import pytest

from stocksense.messaging.webhooks.addresses import (
    AddressRefused,
    Rules,
    check_address,
    checked_addresses,
    checked_url,
)

RULES = Rules(ports=(443, 80), plain_http=True)

INSIDE = [
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",  # private
    "127.0.0.1", "127.8.8.8", "::1",  # loopback
    "169.254.0.1", "169.254.169.254", "fe80::1", "fe80::1%1",  # link-local and metadata
    "fd00:ec2::254", "168.63.129.16", "100.100.100.200", "192.0.0.192",  # more metadata
    "100.64.0.1", "100.127.255.255",  # shared by a carrier
    "0.0.0.0", "::",  # noqa: S104 (this host)
    "224.0.0.1", "239.255.255.250", "ff02::1", "255.255.255.255", "240.0.0.1",  # many, all, none
    "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "2001:db8::1", "3fff::1",  # documentation, benchmarks
    "fc00::1", "fd12:3456::1",  # unique local
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",  # IPv4-mapped
    "::127.0.0.1", "::8.8.8.8",  # IPv4-compatible
    "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::a00:1",  # NAT64
    "2002:7f00:1::1", "2001:0:53aa:64c:0:0:80ff:fffe",  # 6to4, Teredo
    "fec0::1", "100::1", "4000::1",  # retired, discarded, not routed
]  # fmt: skip


@pytest.mark.parametrize("text", INSIDE)
def test_an_address_inside_is_refused(text):
    with pytest.raises(AddressRefused):
        check_address(ip_address(text), RULES)


@pytest.mark.parametrize("text", ["8.8.8.8", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1111"])
def test_an_address_outside_is_not(text):
    check_address(ip_address(text), RULES)


def test_a_network_of_ones_own_is_allowed_and_metadata_never():
    own = Rules(networks=tuple(ip_network(one) for one in ("10.1.0.0/16", "::1/128", "0.0.0.0/0", "::/0")))
    for text in ("10.1.2.3", "::1", "192.168.1.1", "fd12:3456::1"):
        check_address(ip_address(text), own)
    for text in ("169.254.169.254", "::ffff:10.1.2.3", "224.0.0.1", "fd00:ec2::254", "64:ff9b::a01:203"):
        with pytest.raises(AddressRefused):
            check_address(ip_address(text), own)
    with pytest.raises(AddressRefused):
        check_address(ip_address("10.2.0.1"), Rules(networks=(ip_network("10.1.0.0/16"),)))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[fe80::1%25eth0]/",
        "https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/",
        "https://127.0.0.1./", "https://1.2.3.0x4/", "https://017700000001/", "https://8.8.8/",
        "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "//example.com/", "example.com", "",
        "javascript:alert(1)", "unix:///var/run/docker.sock", "https://", "https:///path",
        "https://user:secret@example.com/", "https://user@example.com/", "https://example.com@127.0.0.1/",
        "https://@example.com/",
        "https://example.com:22/", "https://example.com:6379/", "http://example.com:0/", "https://example.com:99999/",
        "https://example.com/#part", "https://exa mple.com/", "https://example.com\\@127.0.0.1/",
        "https://example.com/\r\nHost: inside", "https://exämple.com/", "https://example.com/" + "a" * 500,
    ],
)  # fmt: skip
def test_an_address_that_is_refused_as_it_is_written(url):
    with pytest.raises(AddressRefused):
        checked_url(url, RULES)


def test_http_is_refused_unless_allowed():
    with pytest.raises(AddressRefused, match="https://"):
        checked_url("http://example.com/", Rules(ports=(80, 443)))
    assert checked_url("http://example.com/hook?key=1", RULES).raw_path == b"/hook?key=1"


def test_a_host_with_one_address_inside_is_refused_whole():
    answers = {"two.example": ["8.8.8.8", "10.0.0.1"], "none.example": [], "fine.example": ["8.8.8.8"]}

    def resolver(host, port):
        return answers[host]

    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        checked_addresses("two.example", 443, RULES, resolver)
    with pytest.raises(OSError, match="no address"):
        checked_addresses("none.example", 443, RULES, resolver)
    assert checked_addresses("fine.example", 443, RULES, resolver) == [ip_address("8.8.8.8")]


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_the_systems_own_resolver_leads_inside_and_is_refused(host):
    from stocksense.messaging.webhooks.addresses import resolve

    with pytest.raises((AddressRefused, OSError)):
        checked_addresses(host, 443, RULES, resolve)
