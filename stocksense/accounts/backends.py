"""How a password proves who somebody is."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest

from stocksense.accounts.limits import sign_in
from stocksense.accounts.models import User, UserKind
from stocksense.core.addresses import client_address


class PasswordBackend(ModelBackend):
    """E-mail and password. Unknown addresses, inactive people and wrong passwords look the same and take as long.

    Every check that comes with a request is counted: pages and API cannot go around the limits, because this is the
    only place that looks at passwords of people who are not signed in.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **_: Any,
    ) -> User | None:
        """The active person with this address and password, or None. Raises TooManyAttempts."""
        name = email or username
        if not name or not password:
            return None
        attempt = None
        if request is not None:
            attempt = sign_in.begin(email=name, address=client_address(request.META))
        user = super().authenticate(request, username=name, password=password)
        if not isinstance(user, User):
            return None
        if attempt is not None:
            sign_in.succeeded(attempt)
        return user

    def user_can_authenticate(self, user: User | AnonymousUser | None) -> bool:
        """Active people; service accounts work with API keys only."""
        return super().user_can_authenticate(user) and getattr(user, "kind", None) == UserKind.PERSON
