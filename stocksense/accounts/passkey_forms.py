"""Passkey forms that answer whatever is posted: the library's parsers fall over what is not a credential."""

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from django.core.exceptions import ObjectDoesNotExist

NOT_A_CREDENTIAL = (KeyError, TypeError, ValueError, AttributeError, IndexError, struct.error, ObjectDoesNotExist)


class _AnswersAnything:
    def clean_credential(self) -> Any:
        """What the library makes of it, or a validation error."""
        try:
            return super().clean_credential()  # type: ignore[misc]
        except NOT_A_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error


class SignInForm(_AnswersAnything, forms.LoginWebAuthnForm):
    """Signing in by passkey alone."""


class SecondFactorForm(_AnswersAnything, forms.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class ConfirmForm(_AnswersAnything, forms.ReauthenticateWebAuthnForm):
    """Confirming who it is."""


class AddForm(forms.AddWebAuthnForm):
    """A new passkey."""

    def clean(self) -> Any:
        """What the library makes of it, or a validation error."""
        try:
            return super().clean()
        except NOT_A_CREDENTIAL as error:
            raise get_adapter().validation_error("incorrect_code") from error
