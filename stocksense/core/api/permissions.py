"""Who may call what: every action of a view names its permission, and what is not named is refused."""

from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from stocksense.core.api.credentials import Credential

SIGNED_IN = ""
"""As an action's permission: everybody who is signed in."""


class NamedPermission(BasePermission):
    """Allows an action to users who have, by a credential that reaches it, what `view.permissions[action]` names."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """False also for actions without a name in the table."""
        user = request.user
        if not (user and user.is_authenticated and user.is_active):
            return False
        action = getattr(view, "action", None)
        if action is None:  # a method the resource does not have: answered 405 by the view
            return request.method is not None and request.method.lower() not in getattr(view, "action_map", {})
        permission = view.permission_for(action) if hasattr(view, "permission_for") else view.permissions.get(action)
        return permitted(request, permission)


def permitted(request: Request, permission: str | tuple[str, ...] | None) -> bool:
    """Whether the caller has what an action needs: the permission, any one of several; nobody has None."""
    return permits(request.user, request.auth, permission)


def permits(user: Any, credential: Any, permission: str | tuple[str, ...] | None) -> bool:
    """The same of a user who is signed in by a credential."""
    if permission is None:
        return False
    either = (permission,) if isinstance(permission, str) else permission
    return any(name == SIGNED_IN or _has(user, credential, name) for name in either)


def allowed(request: Request, permission: str) -> bool:
    """Whether the caller has `permission`, by this credential."""
    return _has(request.user, request.auth, permission)


def _has(user: Any, credential: Any, permission: str) -> bool:
    if isinstance(credential, Credential) and not credential.reaches(permission):
        return False
    return bool(user.has_perm(permission))
