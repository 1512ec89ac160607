"""How a password proves who somebody is."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from stocksense.accounts.models import User


class PasswordBackend(ModelBackend):
    """E-mail and password. Unknown addresses, inactive people and wrong passwords look the same and take as long."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **_: Any,
    ) -> User | None:
        """The active person with this address and password, or None."""
        user = super().authenticate(request, username=email or username, password=password)
        return user if isinstance(user, User) else None
