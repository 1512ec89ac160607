"""Rules for new passwords. Each message says what to do, not only what is wrong."""

import re
from typing import Any

from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

_LOOKALIKES = str.maketrans(
    {"@": "a", "4": "a", "0": "o", "1": "i", "!": "i", "|": "l", "3": "e", "5": "s", "7": "t", "$": "s"}
)
_FEWEST_DIFFERENT = 5


class ComplexityValidator:
    """An upper-case letter, a lower-case letter, a digit and a sign (a space counts)."""

    _KINDS = (
        ("an upper-case letter", str.isupper),
        ("a lower-case letter", str.islower),
        ("a digit", str.isdigit),
        ("a sign such as ! - or a space", lambda character: not character.isalnum()),
    )

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError naming what is missing."""
        missing = [name for name, is_kind in self._KINDS if not any(is_kind(character) for character in password)]
        if missing:
            listed = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
            raise ValidationError(f"Add {listed}.", code="password_not_complex")

    def get_help_text(self) -> str:
        """Said beside the field."""
        return "Use upper-case and lower-case letters, a digit and a sign (a space counts)."


class NotCommonValidator(CommonPasswordValidator):
    """Refuses common passwords, also dressed up with digits and signs, and few characters repeated."""

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError where the password, or the word that most of it is, is common."""
        super().validate(password, user)
        if len(set(password.lower())) < _FEWEST_DIFFERENT:
            raise ValidationError(f"Use at least {_FEWEST_DIFFERENT} different characters.", code="password_repeats")
        plain, bare = password.lower(), _bare(password.lower())
        for word in (bare, bare.translate(_LOOKALIKES), _bare(plain.translate(_LOOKALIKES))):
            if 2 * len(word) >= len(password) and word in self.passwords:
                raise ValidationError(
                    f"“{word}” with digits or signs around it is guessed quickly. Use several unrelated words.",
                    code="password_too_common",
                )

    def get_help_text(self) -> str:
        """Said beside the field."""
        return "Do not use a common word, dressed up or not; several unrelated words are best."


def _bare(text: str) -> str:
    """The text without digits and signs around it."""
    return re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)


class LongestLengthValidator:
    """Refuses what is too long to be hashed quickly."""

    LONGEST = 256

    def validate(self, password: str, user: Any = None) -> None:
        """Raise ValidationError above the longest length."""
        if len(password) > self.LONGEST:
            raise ValidationError(f"Use at most {self.LONGEST} characters.", code="password_too_long")

    def get_help_text(self) -> str:
        """Nobody needs to be told."""
        return ""
