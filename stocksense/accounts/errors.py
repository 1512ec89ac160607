"""What goes wrong with credentials, for programs and people."""

from stocksense.core.errors import Conflict, DomainError, NotAllowed


class CredentialRefused(DomainError):
    """The credential is not good. Says no more than that: what is wrong with it is the attacker's question."""

    code = "credential_refused"
    status = 401


class InvalidCredentials(DomainError):
    """E-mail and password do not belong together."""

    code = "invalid_credentials"
    status = 401

    def __init__(self) -> None:
        super().__init__("E-mail and password do not belong together, or the account is not active.")


class TooManyAttempts(DomainError):
    """A limit is exhausted; `retry_after` says when it has room again."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Try again in {_span(retry_after)}.", retry_after=retry_after)


class SecondFactorMissing(NotAllowed):
    """The role demands a second factor, and the user has none."""

    code = "second_factor_missing"


class SecondFactorRefused(DomainError):
    """The code is not good, or not any more."""

    code = "second_factor_refused"
    status = 401


class ExceedsOwnRights(NotAllowed):
    """Nobody grants what they do not have."""

    code = "exceeds_own_rights"


class KeyEnded(Conflict):
    """The key was revoked or has expired."""

    code = "key_ended"


def _span(seconds: int) -> str:
    if seconds < 120:
        return f"{seconds} seconds"
    return f"{-(-seconds // 60)} minutes" if seconds < 7200 else f"{-(-seconds // 3600)} hours"
