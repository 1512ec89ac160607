"""How allauth works in this house: closed sign-up, addresses given by admins, mails through our worker."""

import base64
import hashlib
from io import BytesIO
from typing import Any, cast

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from stocksense.accounts import devices, links, mail, second_factor
from stocksense.accounts.models import User
from stocksense.accounts.services.invitations import may_have_password
from stocksense.accounts.services.people import set_password
from stocksense.core.addresses import client_address


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in, passwords and mails."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "E-mail and password do not belong together, or the account is not active.",
        "enter_current_password": "This is not your current password.",
        "incorrect_password": "This is not your password.",
        "too_many_login_attempts": "Too many tries that failed. Wait some minutes and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: people are invited."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Guesses are counted where passwords are checked (`PasswordBackend`).

        Allauth's own count is by account alone, so strangers could keep people out with it.
        """
        self._login_failed_rl_usage = None

    def get_login_stages(self) -> list[str]:
        """A second factor where one is set up; nothing else stands between password and page."""
        return ["allauth.mfa.stages.AuthenticateStage"]

    def is_safe_url(self, url: str | None) -> bool:
        """Only pages of the host that was asked are gone on to."""
        request = context.request
        return url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())

    def pre_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse | None:
        """Service accounts sign in nowhere, however they prove themselves."""
        if isinstance(user, User) and not may_have_password(user):
            clear_login(request)
            return cast("HttpResponse", self.respond_user_inactive(request, user))
        return cast("HttpResponse | None", super().pre_login(request, user, **kwargs))

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """As allauth does; remembers whether it is the person's first sign-in, of which nobody is warned."""
        request.allauth.signed_in_before = user.last_login is not None  # type: ignore[attr-defined]
        super().login(request, user)

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: Any) -> HttpResponse:
        """Go on to the page that was asked for; tell the person by mail where the browser is a new one."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if isinstance(user, User) and not devices.is_known(request, user):
            if request.allauth.signed_in_before:  # type: ignore[attr-defined]
                self.send_notification_mail("account/email/new_device", user)
            devices.remember(request, response, user)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The admin for people of the house, their account for others."""
        return reverse("start")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account."""
        return reverse("account_overview")

    def reauthenticate(self, user: AbstractBaseUser, password: str) -> bool:
        """Whether this is the password of this person; guesses count as failed sign-ins."""
        found = self.authenticate(context.request, email=getattr(user, "email", ""), password=password)
        return found is not None and found.pk == user.pk

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """Every other session and token of the person ends."""
        if not isinstance(user, User):
            raise PermissionDenied
        set_password(user=user, password=password, reason="password_changed")

    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address; 0.0.0.0 where the server was reached without one (a unix socket)."""
        return client_address(request.META) or "0.0.0.0"  # noqa: S104  # nosec B104

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Through our own mails, whose links name the deployment's address."""
        named = {name: value for name, value in context.items() if name != "request"}
        mail.send(template=template_prefix, to=email, address=links.site_address(self.request), **named)

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person what was done to their account, from where and when."""
        origin = {
            "timestamp": timezone.now(),
            "ip": self.get_client_ip(self.request),
            "device": devices.describe(self.get_http_user_agent(self.request)),
        }
        self.send_mail(
            template_prefix, email or str(getattr(user, "email", "")), {"user": user, **origin, **(context or {})}
        )


class SecondFactorAdapter(DefaultMFAAdapter):
    """Authenticator apps, passkeys and recovery codes."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": "Your role needs two-factor sign-in. Add another factor before this one goes.",
        "incorrect_code": "That code is not right, or was used already. Wait for the next one and try again.",
    }

    def encrypt(self, text: str) -> str:
        """Secrets are kept encrypted with a key derived from SECRET_KEY."""
        return str(_ciphers().encrypt(text.encode()), "ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """What `encrypt` was given, also under one of SECRET_KEY_FALLBACKS."""
        return str(_ciphers().decrypt(encrypted_text.encode()), "utf-8")

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last factor of somebody whose role needs one."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id).exclude(pk=authenticator.pk)
        if others.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return True
        return not second_factor.is_required_of(authenticator.user)

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an element of the page: no data address, which the page's policy would refuse."""
        import qrcode
        from qrcode.image.svg import SvgPathImage

        drawing = BytesIO()
        qrcode.make(url, image_factory=SvgPathImage).save(drawing)
        text = drawing.getvalue().decode()
        return text[text.index("<svg") :].replace("<svg", '<svg role="img" aria-label="QR code of the key"', 1)

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        """Suggested for a new passkey."""
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Who the passkey is for: this host."""
        return {"id": context.request.get_host().partition(":")[0], "name": "StockSense"}


def _ciphers() -> Any:
    from cryptography.fernet import Fernet, MultiFernet

    secrets = [str(settings.SECRET_KEY), *map(str, settings.SECRET_KEY_FALLBACKS)]
    keys = [hashlib.blake2b(secret.encode(), digest_size=32, person=b"second-factor").digest() for secret in secrets]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])
