"""Forms of the sign-in and account pages, where ours differ from allauth's."""

from typing import Any

from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from django.http import HttpRequest

from stocksense.accounts import links, mail, tasks


class ResetPasswordForm(AllauthResetPasswordForm):
    """Asks for a link. The worker looks whether anybody has the address, so that the answer takes the same time."""

    def clean_email(self) -> str:
        """The address as typed, looked up nowhere."""
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_: Any) -> str:
        """Hand the address over."""
        email = str(self.cleaned_data["email"])
        mail.hand_over(tasks.send_password_link, email=email, address=links.site_address(request))
        return email


class ActivateTOTPForm(AllauthActivateTOTPForm):
    """The code that proves the app is set up counts as used: it cannot sign in a second time."""

    def clean_code(self) -> str:
        """The code, right and used."""
        code = super().clean_code()
        Authenticator(user=self.user, type=Authenticator.Type.TOTP, data={}).wrap()._mark_code_used(code)
        return str(code)
