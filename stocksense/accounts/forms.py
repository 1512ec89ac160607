"""Forms of the sign-in and account pages, where ours differ from allauth's."""

from typing import Any

from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from django.http import HttpRequest

from stocksense.accounts import limits, links, mail, tasks
from stocksense.accounts.limits import sign_in
from stocksense.accounts.models import User
from stocksense.accounts.tokens import codes
from stocksense.core.addresses import client_address


class ResetPasswordForm(AllauthResetPasswordForm):
    """Asks for a link. The worker looks whether anybody has the address, so that the answer takes the same time."""

    def clean_email(self) -> str:
        """The address as typed, looked up nowhere."""
        return str(self.cleaned_data["email"])

    def save(self, request: HttpRequest, **_: Any) -> str:
        """Hand the address over. Raises TooManyAttempts, for addresses that are somebody's and others alike."""
        email = str(self.cleaned_data["email"])
        sign_in.begin_link(email=email, address=client_address(request.META))
        mail.hand_over(tasks.send_password_link, email=email, address=links.site_address(request))
        return email


class ChangePasswordForm(AllauthChangePasswordForm):
    """Another password. Guesses at the one before count as failed sign-ins."""

    def clean_oldpassword(self) -> str:
        """The present password. Raises TooManyAttempts where it must not be looked at."""
        given = str(self.cleaned_data.get("oldpassword", ""))
        if not get_account_adapter().reauthenticate(self.user, given):
            raise get_account_adapter().validation_error("enter_current_password")
        return given


class _CountedCode:
    """Codes are counted and used up as those that programs answer a challenge with: one count, one use, for both."""

    user: User
    cleaned_data: dict[str, Any]
    authenticator: Authenticator

    def clean_code(self) -> str:
        """The code, right and used up. Raises TooManyAttempts where it must not be looked at."""
        taken = sign_in.begin_second_factor(user_id=self.user.pk)
        code = str(self.cleaned_data["code"])
        found = codes.use(self.user, code)
        if found is None:
            raise get_adapter().validation_error("incorrect_code")
        limits.give_back(taken)
        self.authenticator = found
        return code


class CodeForm(_CountedCode, AuthenticateForm):
    """The code after the password."""


class ConfirmCodeForm(_CountedCode, ReauthenticateForm):
    """The code that confirms who it is."""


class ActivateTOTPForm(AllauthActivateTOTPForm):
    """The code that proves the app is set up counts as used: it cannot sign in a second time."""

    def clean_code(self) -> str:
        """The code, right and used. Raises TooManyAttempts where it must not be looked at."""
        taken = sign_in.begin_second_factor(user_id=self.user.pk)
        code = super().clean_code()
        limits.give_back(taken)
        codes.mark_used(self.user, code)
        return str(code)
