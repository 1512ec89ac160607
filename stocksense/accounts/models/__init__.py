"""People, programs and how they prove who they are."""

from stocksense.accounts.models.events import SecurityEvent, SecurityEventKind
from stocksense.accounts.models.history import GroupPermission, SecondFactor, TrackedGroup, UserGroup, UserPermission
from stocksense.accounts.models.keys import ApiKey
from stocksense.accounts.models.limits import KnownAddress, LimitBucket
from stocksense.accounts.models.tokens import OneTimeKind, OneTimeToken, TokenFamily
from stocksense.accounts.models.users import ServiceAccount, User, UserKind, UserManager

__all__ = [
    "ApiKey",
    "GroupPermission",
    "KnownAddress",
    "LimitBucket",
    "OneTimeKind",
    "OneTimeToken",
    "SecondFactor",
    "SecurityEvent",
    "SecurityEventKind",
    "ServiceAccount",
    "TokenFamily",
    "TrackedGroup",
    "User",
    "UserGroup",
    "UserKind",
    "UserManager",
    "UserPermission",
]
