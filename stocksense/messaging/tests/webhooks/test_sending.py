"""One POST: to the checked address, under the host's own name, within a deadline, following nothing."""

import datetime
import socket
import ssl
import threading
import time
from ipaddress import ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stocksense.messaging.webhooks.addresses import Rules
from stocksense.messaging.webhooks.sending import MOST_ANSWER, post


def here(port: int, **more) -> Rules:
    return Rules(networks=(ip_network("127.0.0.0/8"),), ports=(port, 443), plain_http=True, **more)


def to(address: str):
    return lambda host, port: [address]


def test_the_body_arrives_and_the_host_is_the_one_of_the_url(receiver):
    answer = post(
        f"http://hooks.example:{receiver.port}/in?a=1", b'{"x": 1}', {"webhook-id": "msg_1"},
        allowed=here(receiver.port), resolver=to("127.0.0.1"),
    )  # fmt: skip
    assert (answer.status, answer.error, answer.is_taken) == (204, "", True)
    ((path, headers, body),) = receiver.requests
    assert (path, headers["Host"], headers["webhook-id"], body) == (
        "/in?a=1", f"hooks.example:{receiver.port}", "msg_1", b'{"x": 1}',
    )  # fmt: skip
    assert "Cookie" not in headers
    assert "Authorization" not in headers


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_inside_is_not_connected_to(receiver, address):
    rules = Rules(ports=(receiver.port,), plain_http=True)
    answer = post(f"http://hooks.example:{receiver.port}/", b"{}", {}, allowed=rules, resolver=to(address))
    assert not answer.is_taken
    assert address.split("%")[0] in answer.error or "never sent to" in answer.error
    assert receiver.requests == []


def test_a_name_that_changes_its_address_is_looked_up_once(receiver):
    """DNS rebinding: outside when it is checked, inside a moment later."""
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    asked = []

    def rebinding(host, port):
        asked.append(host)
        return next(answers)

    rules = Rules(ports=(receiver.port,), plain_http=True)
    answer = post(
        f"http://rebind.example:{receiver.port}/", b"{}", {}, allowed=rules, resolver=rebinding, seconds=0.3
    )  # fmt: skip
    assert not answer.is_taken
    assert asked == ["rebind.example"]
    assert receiver.requests == []


def test_two_answers_of_which_one_is_inside_are_refused(receiver):
    rules = Rules(ports=(receiver.port,), plain_http=True)
    for addresses in (["8.8.8.8", "127.0.0.1"], ["127.0.0.1", "8.8.8.8"]):
        answer = post(
            f"http://two.example:{receiver.port}/", b"{}", {}, allowed=rules,
            resolver=lambda host, port, found=addresses: found,
        )  # fmt: skip
        assert "private network" in answer.error
    assert receiver.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(receiver, status):
    receiver.status, receiver.headers = status, {"Location": f"http://127.0.0.1:{receiver.port}/inside"}
    answer = post(receiver.url, b"{}", {}, allowed=here(receiver.port))
    assert (answer.status, answer.is_taken) == (status, False)
    assert [path for path, *_ in receiver.requests] == ["/hook"]


def test_a_refusal_says_its_status_and_how_long_to_wait(receiver):
    receiver.status, receiver.headers = 503, {"Retry-After": "120"}
    answer = post(receiver.url, b"{}", {}, allowed=here(receiver.port))
    assert (answer.status, answer.error, answer.retry_after) == (503, "Answered 503.", 120.0)


def test_no_proxy_of_the_environment_is_asked(receiver, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert post(receiver.url, b"{}", {}, allowed=here(receiver.port)).is_taken


def test_a_receiver_that_drips_bytes_gets_no_more_than_the_deadline(receiver):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    receiver.behave = drip
    answer = post(receiver.url, b"{}", {}, allowed=here(receiver.port), seconds=0.6)
    assert "within 0.6 seconds" in answer.error
    assert 0.5 < answer.seconds < 1.5


def test_a_receiver_that_never_answers_and_one_that_drips_headers(receiver):
    def silent(handler):
        time.sleep(2)

    def headers(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for number in range(30):
            handler.wfile.write(f"X-{number}: 1\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.1)

    for receiver.behave in (silent, headers):
        answer = post(receiver.url, b"{}", {}, allowed=here(receiver.port), seconds=0.4)
        assert "within 0.4 seconds" in answer.error
        assert answer.seconds < 1.2


def test_an_endless_answer_is_cut_and_taken(receiver):
    sent = []

    def endless(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(2000):
            handler.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            sent.append(0x4000)

    receiver.behave = endless
    answer = post(receiver.url, b"{}", {}, allowed=here(receiver.port), seconds=5)
    assert (answer.status, answer.is_taken) == (200, True)
    assert answer.seconds < 2
    time.sleep(0.3)
    assert sum(sent) < MOST_ANSWER + 16 * 1024 * 1024


def test_headers_without_end_and_no_http_at_all_are_errors(receiver):
    def many(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n")

    def garbage(handler):
        handler.wfile.write(b"\x00\x01\x02 220 smtp ready\r\n\r\n")

    for receiver.behave in (many, garbage):
        answer = post(receiver.url, b"{}", {}, allowed=here(receiver.port), seconds=2)
        assert not answer.is_taken
        assert answer.error


def test_nobody_listens_and_a_name_without_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    answer = post(f"http://127.0.0.1:{port}/", b"{}", {}, allowed=here(port), seconds=2)
    assert answer.status is None
    assert answer.error.startswith("ConnectError")

    def unknown(host, port):
        raise socket.gaierror("unknown")

    assert "leads to no address" in post("https://nobody.example/", b"{}", {}, allowed=here(1), resolver=unknown).error


def test_the_next_address_is_tried_where_the_first_does_not_answer(receiver):
    answer = post(
        f"http://two.example:{receiver.port}/", b"{}", {}, allowed=here(receiver.port),
        resolver=lambda host, port: ["127.0.0.9", "127.0.0.1"],
    )  # fmt: skip
    assert answer.is_taken


@pytest.fixture
def tls(tmp_path):
    """A TLS server for hooks.example whose certificate only `certificates` trust: (port, certificates, names seen)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("hooks.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "all.pem").write_bytes(
        pem
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    seen: list[str] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "all.pem")
    context.sni_callback = lambda connection, server_name, _: seen.append(server_name)
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(5)

    def serve():
        for _ in range(2):
            try:
                plain, _address = listener.accept()
                with context.wrap_socket(plain, server_side=True) as connection:
                    connection.settimeout(2)
                    request = b""
                    while not request.endswith(b"{}"):  # head and body may come apart; what is left unread resets
                        request += connection.recv(65536)
                    seen.append(request.decode())
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            except OSError:
                continue

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    certificates = ssl.create_default_context(cadata=pem.decode())
    yield listener.getsockname()[1], certificates, seen
    listener.close()


def test_tls_names_the_host_and_checks_its_certificate_though_the_address_was_given(tls):
    port, certificates, seen = tls
    sent = {"allowed": here(port), "resolver": to("127.0.0.1"), "certificates": certificates, "seconds": 3}
    assert post(f"https://hooks.example:{port}/in", b"{}", {}, **sent).is_taken
    assert seen[0] == "hooks.example"
    assert f"Host: hooks.example:{port}" in seen[1]
    other = post(f"https://other.example:{port}/in", b"{}", {}, **sent)
    assert not other.is_taken
    assert "certificate" in other.error
