"""Links that let somebody set a password: sent by mail, used once, ending soon."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36

from stocksense.accounts.models import User

RESET_LIFE = timedelta(hours=1)
INVITATION_LIFE = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


class PasswordLinks(PasswordResetTokenGenerator):
    """Tokens that end with use, sign-in, a change of address or password, deactivation, and time.

    An invitation (no password yet) lives for `INVITATION_LIFE`, a reset for `RESET_LIFE`.
    """

    key_salt = "stocksense.accounts.links"

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}"

    def check_token(self, user: User | None, token: str | None) -> bool:
        """Whether the token is good for this person now."""
        if user is None or token is None or not user.is_active or not super().check_token(user, token):
            return False
        if not user.has_usable_password():
            return True
        age = self._num_seconds(self._now()) - base36_to_int(token.split("-")[0])
        return bool(age <= RESET_LIFE.total_seconds())


def site_address(request: HttpRequest) -> str:
    """Scheme and host that mails link to: the deployment's own where it is set, whatever host the request names."""
    return str(settings.PUBLIC_URL) or f"{request.scheme}://{request.get_host()}"


def password_link(*, user: User, address: str) -> str:
    """A fresh link below `address` with which this person can set a password."""
    token = PasswordLinks().make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": int_to_base36(user.pk), "key": token})
    return f"{address}{path}"
