"""Who calls the API: a bearer token, an API key, or a page's session. Nothing is taken from the address."""

from typing import Any, NoReturn

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.authentication import SessionAuthentication as DjangoSession
from rest_framework.request import Request

from stocksense.accounts import credentials, keys, limits
from stocksense.accounts.api import throttling
from stocksense.accounts.errors import CredentialRefused, TooManyAttempts
from stocksense.accounts.models import User
from stocksense.accounts.tokens.sockets import session_identity
from stocksense.core import context
from stocksense.core.addresses import client_address, network_of
from stocksense.core.api.credentials import Credential

BEARER = "bearer"
REALM = 'Bearer realm="api"'
LONGEST_HEADER = 4096
REFUSALS_PER_MINUTE = 60
"""Bad credentials that one address may send in a minute before it is told to wait."""
_IN_ADDRESS = frozenset({"access_token", "token", "api_key", "apikey", "key", "jwt", "ticket", "authorization"})


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer` with an access token or an API key."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        """(user, credential); None without a bearer. Raises AuthenticationFailed (401) for one that is not good."""
        text = self._text(request)
        if text is None or not self._mine(text):
            return None
        try:
            found = credentials.of_bearer(text, counted=throttling.counted_by(request))
        except CredentialRefused as error:
            _refuse(request, error.message)
        if found.taken is not None:
            request._request.counted_call = found.taken  # type: ignore[attr-defined]
        return _known(request, found.user, found.credential)

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return REALM

    def _mine(self, text: str) -> bool:
        return True

    def _text(self, request: Request) -> str | None:
        refuse_credentials_in_address(request)
        header = str(request.META.get("HTTP_AUTHORIZATION", ""))
        scheme, _, text = header.partition(" ")
        if not header or scheme.lower() != BEARER:
            return None
        text = text.strip()
        if not text or " " in text or len(text) > LONGEST_HEADER:
            _refuse(request, "The Authorization header must be: Bearer, one space, the token.")
        return text


class TokenAuthentication(BearerAuthentication):
    """`Authorization: Bearer` with an access token."""

    def _mine(self, text: str) -> bool:
        return not text.startswith(keys.PREFIX)


class ApiKeyAuthentication(BearerAuthentication):
    """`Authorization: Bearer` with an API key."""

    def _mine(self, text: str) -> bool:
        return text.startswith(keys.PREFIX)


class SessionAuthentication(DjangoSession):
    """The session of a page, with its CSRF token on every change."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        """(user, credential) of the page's session; None without one."""
        found = super().authenticate(request)
        if found is None:
            return None
        session = getattr(request._request, "session", None)
        identity = session_identity(getattr(session, "session_key", None))
        return _known(request, found[0], Credential(kind="session", id=identity))

    def authenticate_header(self, request: Request) -> str:
        """Programs are told to bring a token: a 403 would say that they are known."""
        return REALM


def refuse_credentials_in_address(request: Request) -> None:
    """Raise ParseError (400) where the address holds a credential: addresses end up in logs and histories."""
    query = request.META.get("QUERY_STRING", "")
    if not query:
        return
    named = {part.partition("=")[0].lower() for part in query.split("&")}
    if keys.PREFIX in query or named & _IN_ADDRESS:
        raise exceptions.ParseError(
            "Credentials never go into the address. Send them as `Authorization: Bearer …`, and replace this one:"
            " whoever sees an address has seen it."
        )


def address_of(request: HttpRequest | Request) -> str:
    """The client's address."""
    meta: dict[str, Any] = request.META
    return client_address(meta)


def _refuse(request: Request, message: str) -> NoReturn:
    key = limits.bucket("refused-credentials", network_of(address_of(request)))
    taken = limits.take([limits.Limit(key, REFUSALS_PER_MINUTE, 60, "refused-credentials")])
    if not taken.allowed:
        raise TooManyAttempts(taken.retry_after)
    raise exceptions.AuthenticationFailed(message)


def _known(request: Request, user: User, credential: Credential) -> tuple[User, Credential]:
    # For the logs and the row history, which see Django's request.
    request._request.credential = context.Credential(credential.kind, credential.id)  # type: ignore[attr-defined]
    return user, credential
