"""Tokens that are not ours, not for this, not any more, or changed on the way."""

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import hashers

from stocksense.accounts.models import TokenFamily, User
from stocksense.accounts.principals import cache
from stocksense.accounts.tests.conftest import PASSWORD, Program
from stocksense.accounts.tests.factories import UserFactory
from stocksense.accounts.tokens import claims

pytestmark = pytest.mark.django_db(transaction=True)


class Forge:
    """A good token's claims, to be spoilt one way at a time."""

    def __init__(self) -> None:
        self.user = UserFactory()
        self.program = Program()
        self.program.login(self.user)
        self.claims = jwt.decode(self.program.bearer, options={"verify_signature": False})
        self.header = jwt.get_unverified_header(self.program.bearer)
        self.key = claims.keys()[0]

    def signed(self, key=None, algorithm="HS256", kid=None, without=(), **changed) -> str:
        body = {name: value for name, value in {**self.claims, **changed}.items() if name not in without}
        return jwt.encode(body, key or self.key, algorithm, headers={"kid": kid or self.header["kid"]})

    def is_refused(self, token: str) -> bool:
        answer = self.program.get("auth/me", bearer=token)
        assert answer.status_code in {200, 401}, answer.content
        return answer.status_code == 401


@pytest.fixture
def forge() -> Forge:
    return Forge()


def part(data: dict) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).rstrip(b"=").decode()


def test_a_token_says_who_by_number_only(forge):
    assert forge.header == {"alg": "HS256", "typ": "JWT", "kid": claims.key_id(forge.key)}
    assert set(forge.claims) == {"sub", "fam", "ver", "typ", "jti", "iss", "aud", "iat", "nbf", "exp"}
    assert forge.claims["sub"] == str(forge.user.pk)
    assert forge.claims["exp"] - forge.claims["iat"] == 3600
    refresh = jwt.decode(forge.program.tokens["refresh"], options={"verify_signature": False})
    assert set(refresh) == set(forge.claims) | {"gen"}
    assert refresh["exp"] - refresh["iat"] in {7 * 24 * 3600 - 1, 7 * 24 * 3600}


def test_our_own_forgery_with_nothing_changed_is_good(forge):
    assert not forge.is_refused(forge.signed())


def test_unsigned_tokens_are_refused(forge):
    body = part(forge.claims)
    for algorithm in ("none", "None", "NONE", "nOnE", ""):
        for signature in ("", forge.program.bearer.split(".")[2]):
            header = {**forge.header, "alg": algorithm}
            assert forge.is_refused(f"{part(header)}.{body}.{signature}")


def test_other_keys_and_other_algorithms_are_refused(forge):
    assert forge.is_refused(forge.signed("x" * 64))
    assert forge.is_refused(forge.signed(algorithm="HS512"))
    assert forge.is_refused(forge.signed(kid="another"))
    assert forge.is_refused(jwt.encode(forge.claims, forge.key, "HS256"))  # no key named


def test_a_public_key_is_no_shared_secret(forge):
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert forge.is_refused(forge.signed(private, "RS256"))
    signing_input = f"{part(forge.header)}.{part(forge.claims)}"
    signature = hmac.new(public, signing_input.encode(), hashlib.sha256).digest()
    assert forge.is_refused(f"{signing_input}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}")


@pytest.mark.parametrize(
    "header", [{"jwk": {"kty": "oct", "k": "AAAA"}}, {"jku": "https://evil.example"}, {"crit": ["x"]}]
)
def test_a_token_cannot_bring_its_own_key(forge, header):
    token = jwt.encode(forge.claims, "y" * 64, "HS256", headers={"kid": forge.header["kid"], **header})
    assert forge.is_refused(token)


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 60},
        {"nbf": int(time.time()) + 600},
        {"iat": int(time.time()) + 600},
        {"aud": "another-api"},
        {"aud": ["stocksense-api", "another-api"]},
        {"iss": "https://elsewhere.example"},
        {"typ": "refresh"},
        {"typ": None},
        {"sub": "0"},
        {"sub": "99999999999999999999"},
        {"sub": "1 OR 1=1"},
        {"sub": None},
        {"fam": 999_999},
        {"fam": "1"},
        {"fam": True},
        {"ver": 1_000_000},
        {"ver": None},
    ],
)
def test_claims_that_are_not_for_now_and_here_are_refused(forge, changed):
    assert forge.is_refused(forge.signed(**changed))


@pytest.mark.parametrize("name", ["exp", "nbf", "iat", "aud", "iss", "sub", "typ", "jti", "fam", "ver"])
def test_every_claim_must_be_there(forge, name):
    assert forge.is_refused(forge.signed(without=[name]))


def test_another_user_s_number_is_refused(forge):
    victim = UserFactory()
    assert forge.is_refused(forge.signed(sub=str(victim.pk)))  # even with our key: the family is not theirs
    header, body, signature = forge.program.bearer.split(".")
    changed = part({**forge.claims, "sub": str(victim.pk)})
    assert forge.is_refused(f"{header}.{changed}.{signature}")
    for position in (0, len(signature) // 2):
        other = "A" if signature[position] != "A" else "B"
        assert forge.is_refused(f"{header}.{body}.{signature[:position]}{other}{signature[position + 1 :]}")


def test_a_refresh_token_opens_nothing_and_an_access_token_refreshes_nothing(forge):
    assert forge.is_refused(forge.program.tokens["refresh"])
    answer = forge.program.post("auth/refresh", {"refresh": forge.program.bearer}, bearer="")
    assert (answer.status_code, answer.json()["code"]) == (401, "credential_refused")
    assert TokenFamily.objects.get().ended_at is None


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer ", "Bearer a b", "Bearer " + "a" * 5000, "Bearer a.b.c", "Bearer ..", "Bearer \xff\xfe",
     "Bearer ssk_",
     "Bearer ssk_0123456789abcdef_" + "a" * 43, "Bearer ssk_ZZZ_x", "bearer x"],
)  # fmt: skip
def test_headers_that_mean_nothing_are_answered_with_401(forge, header):
    answer = forge.program.call("GET", "auth/me", bearer="", Authorization=header)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "KEY", "jwt", "x=ssk_0123456789abcdef_abc&y"])
def test_credentials_in_the_address_are_refused(forge, name):
    answer = forge.program.get(f"auth/me?{name}={forge.program.bearer}")
    assert answer.status_code == 400
    assert "never go into the address" in answer.json()["detail"]


def test_keys_are_changed_by_adding_the_new_one_in_front(forge, settings):
    old = forge.program.bearer
    settings.JWT_KEYS = ["n" * 40, forge.key]
    assert not forge.is_refused(old)
    forge.program.keep(forge.program.post("auth/refresh", {"refresh": forge.program.tokens["refresh"]}, bearer=""))
    assert jwt.get_unverified_header(forge.program.bearer)["kid"] == claims.key_id("n" * 40)
    settings.JWT_KEYS = ["n" * 40]
    assert forge.is_refused(old)
    assert not forge.is_refused(forge.program.bearer)


def test_another_company_s_tokens_are_refused(forge, settings):
    """Each company has a database and a secret of its own; its users have the same numbers."""
    settings.JWT_KEYS = ["other company " * 3]
    theirs = Program()
    theirs.login(forge.user)
    settings.JWT_KEYS = []
    assert forge.is_refused(theirs.bearer)
    assert forge.is_refused(forge.signed("other company " * 3, kid=claims.key_id("other company " * 3)))
    assert forge.is_refused(forge.signed("other company " * 3))


def test_too_many_bad_tokens_from_one_address_are_told_to_wait(forge):
    answers = [forge.program.get("auth/me", bearer="a.b.c").status_code for _ in range(62)]
    assert answers == [401] * 60 + [429] * 2
    assert not forge.is_refused(forge.program.bearer)


def test_an_unknown_address_costs_the_work_of_a_wrong_password(settings, monkeypatch):
    """Counted, not timed: the rounds of hashing are what an attacker could measure."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    user = UserFactory()
    sleeper = UserFactory(is_active=False)
    rounds = []
    original = hashers.pbkdf2
    monkeypatch.setattr(
        hashers,
        "pbkdf2",
        lambda password, salt, iterations, **rest: (
            rounds.append(iterations),
            original(password, salt, iterations, **rest),
        )[1],
    )

    def work(email: str) -> int:
        rounds.clear()
        assert Program().post("auth/login", {"email": email, "password": "wrong"}).status_code == 401
        return sum(rounds)

    wrong = work(user.email)
    assert wrong >= hashers.PBKDF2PasswordHasher.iterations
    assert work("nobody@example.com") == wrong
    assert work(sleeper.email) == wrong


def test_a_token_outlives_neither_its_user_nor_its_version(forge):
    User.objects.filter(pk=forge.user.pk).update(is_active=False)  # in bulk: nothing is told to anybody
    cache.forget(f"user:{forge.user.pk}")
    assert forge.is_refused(forge.program.bearer)
    assert forge.program.post("auth/login", {"email": forge.user.email, "password": PASSWORD}).status_code == 401
