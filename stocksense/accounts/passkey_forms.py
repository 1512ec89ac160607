"""Passkey forms that answer whatever is posted: the library's parsers fall over what is not a credential."""

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from django.core.exceptions import ObjectDoesNotExist

from stocksense.accounts import limits
from stocksense.accounts.limits import sign_in
from stocksense.accounts.models import User

NOT_A_CREDENTIAL = (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error, ObjectDoesNotExist)


class _AnswersAnything:
    def clean_credential(self) -> Any:
        """What the library makes of it, or a validation error."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except NOT_A_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error


class _Counted(_AnswersAnything):
    user: User

    def clean_credential(self) -> Any:
        """The same, counted with the person's codes. Raises TooManyAttempts where it must not be looked at."""
        taken = sign_in.begin_second_factor(user_id=self.user.pk)
        found = super().clean_credential()
        limits.give_back(taken)
        return found


class SignInForm(_AnswersAnything, forms.LoginWebAuthnForm):
    """Signing in by passkey alone."""


class SecondFactorForm(_Counted, forms.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class ConfirmForm(_Counted, forms.ReauthenticateWebAuthnForm):
    """Confirming who it is."""


class AddForm(forms.AddWebAuthnForm):
    """A new passkey."""

    def clean(self) -> Any:
        """What the library makes of it, or a validation error."""
        try:
            return super().clean()
        except NOT_A_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error
