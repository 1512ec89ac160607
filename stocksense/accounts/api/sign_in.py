"""`/api/v1/auth/…`: signing a program in and out, and who it is."""

from collections.abc import Callable
from typing import Any, ClassVar, cast

from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.accounts import services
from stocksense.accounts.api.authentication import TokenAuthentication, address_of
from stocksense.accounts.models import User
from stocksense.accounts.roles import Role
from stocksense.accounts.tokens import claims, sign_in, tickets
from stocksense.accounts.tokens.families import TokenPair, end_families, refresh
from stocksense.core.api.commands import Command
from stocksense.core.api.credentials import Credential
from stocksense.core.api.permissions import SIGNED_IN
from stocksense.core.api.views import Resource
from stocksense.core.errors import Conflict, NotAllowed

PRIVATE = {"Cache-Control": "no-store"}


class LoginInput(serializers.Serializer[Any]):
    """E-mail and password of a person."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1024, trim_whitespace=False, style={"input_type": "password"})


class SecondFactorInput(serializers.Serializer[Any]):
    """The challenge as `login` gave it, and a code of the authenticator app or a recovery code."""

    challenge = serializers.CharField(max_length=100)
    code = serializers.CharField(max_length=32)


class RefreshInput(serializers.Serializer[Any]):
    """The newest refresh token."""

    refresh = serializers.CharField(max_length=claims.LONGEST_TOKEN)


class LogoutInput(serializers.Serializer[Any]):
    """A refresh token, for those whose access token has expired."""

    refresh = serializers.CharField(max_length=claims.LONGEST_TOKEN, required=False)


class TokensAnswer(serializers.Serializer[Any]):
    """A pair of tokens."""

    access = serializers.CharField()
    refresh = serializers.CharField()
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds that the access token lives.")
    refresh_expires_at = serializers.DateTimeField()


class TicketAnswer(serializers.Serializer[Any]):
    """What opens one WebSocket."""

    ticket = serializers.CharField()
    expires_in = serializers.IntegerField()


class WhoAnswer(serializers.Serializer[Any]):
    """Who the caller is."""

    id = serializers.IntegerField()
    email = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    role = serializers.CharField(allow_null=True)
    permissions = serializers.ListField(child=serializers.CharField())
    credential = serializers.DictField(child=serializers.CharField())


class _AuthView(Resource):
    """Answers that hold credentials are kept by nobody on their way, and not for an Idempotency-Key either."""

    resource = "auth"
    described: ClassVar = {
        "login": Command(SIGNED_IN, LoginInput, TokensAnswer, 200, if_match=False),
        "second_factor": Command(SIGNED_IN, SecondFactorInput, TokensAnswer, 200, if_match=False),
        "refresh": Command(SIGNED_IN, RefreshInput, TokensAnswer, 200, if_match=False),
        "logout": Command(SIGNED_IN, LogoutInput, None, 204, if_match=False),
        "logout_all": Command(SIGNED_IN, None, None, 204, if_match=False),
        "me": Command(SIGNED_IN, None, WhoAnswer, 200, if_match=False),
        "ticket": Command(SIGNED_IN, None, TicketAnswer, 201, if_match=False),
    }
    scope: ClassVar[dict[str, str]] = {}
    # A stored answer would keep tokens, and the transaction around it would undo the end of a family that a refused
    # refresh brings about.
    without_idempotency_key = ("login", "second_factor", "refresh", "logout", "logout_all", "ticket")
    action: str

    @property
    def throttle_scope(self) -> str | None:
        """The limit of this action's own."""
        return self.scope.get(self.action)


class LoginView(_AuthView):
    """Sign-in and refresh: called without a credential."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    scope: ClassVar[dict[str, str]] = {"login": "sign-in", "second_factor": "sign-in", "refresh": "refresh"}

    def login(self, request: Request) -> Response:
        """Sign in by name and password. 200 with tokens, or 202 with a challenge for those who have a second factor."""
        given = self.valid(LoginInput)
        found = sign_in.sign_in_by_password(request=request._request, email=given["email"], password=given["password"])
        if isinstance(found, sign_in.Challenge):
            body = {"challenge": found.token, "expires_in": found.expires_in, "methods": found.methods}
            return Response(body, status=202, headers=PRIVATE)
        return _tokens(found)

    def second_factor(self, request: Request) -> Response:
        """Sign in by a challenge and a code. 200 with tokens."""
        return _tokens(sign_in.answer_challenge(**self.valid(SecondFactorInput), address=address_of(request)))

    def refresh(self, request: Request) -> Response:
        """Get the next tokens. The refresh token given is used up, and so is its sign-in where it was used before."""
        return _tokens(refresh(token=self.valid(RefreshInput)["refresh"], address=address_of(request)))


class LogoutView(_AuthView):
    """Ending one sign-in: by its access token, or by its refresh token."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (AllowAny,)

    def logout(self, request: Request) -> Response:
        """Sign out of this sign-in. 204: its tokens are dead, its sockets closed."""
        given = self.valid(LogoutInput).get("refresh")
        if isinstance(request.auth, Credential):
            end_families([int(request.auth.id)], reason="logout")
        elif given is None:
            raise NotAuthenticated
        if given is not None:
            end_families([claims.read(claims.Refresh, given)["fam"]], reason="logout")
        return Response(status=204, headers=PRIVATE)


class AccountView(_AuthView):
    """What somebody who is signed in asks about themselves."""

    permissions: ClassVar[dict[str, str]] = {"me": SIGNED_IN, "logout_all": SIGNED_IN, "ticket": SIGNED_IN}
    scope: ClassVar[dict[str, str]] = {"ticket": "ticket"}

    def me(self, request: Request) -> Response:
        """Say who the caller is, what they may do, and by what they are signed in."""
        return Response(_who(*_caller(request)), headers=PRIVATE)

    def logout_all(self, request: Request) -> Response:
        """Sign out everywhere. 204: every token and session of the user is dead, on all devices."""
        user, credential = _caller(request)
        if credential.kind == "api_key":
            raise NotAllowed("An API key cannot end its owner's sign-ins.")
        services.end_access(user=user, reason="logout_all")
        return Response(status=204, headers=PRIVATE)

    def ticket(self, request: Request) -> Response:
        """Get a ticket that opens one WebSocket within 30 seconds."""
        user, credential = _caller(request)
        if credential.kind not in tickets.KINDS:
            raise Conflict("Pages open WebSockets by their session and need no ticket.")
        ticket = tickets.issue(user=user, credential=credential)
        return Response({"ticket": ticket, "expires_in": tickets.SECONDS}, status=201, headers=PRIVATE)


def _caller(request: Request) -> tuple[User, Credential]:
    return cast("User", request.user), cast("Credential", request.auth)


def _tokens(pair: TokenPair) -> Response:
    body = {
        "access": pair.access,
        "refresh": pair.refresh,
        "token_type": "Bearer",
        "expires_in": pair.expires_in,
        "refresh_expires_at": pair.refresh_expires_at,
    }
    return Response(body, headers=PRIVATE)


def _who(user: User, credential: Credential) -> dict[str, Any]:
    groups = set(user.groups.values_list("name", flat=True))
    return {
        "id": user.pk,
        "email": user.email,
        "name": user.name,
        "kind": user.kind,
        "role": next((role.value for role in Role if role.value in groups), None),
        "permissions": sorted(user.get_all_permissions()),
        "credential": {"kind": credential.kind, "id": credential.id},
    }


def views() -> dict[str, tuple[Callable[..., Any], str]]:
    """Address below `auth/` → (view, name)."""
    return {
        "login": (LoginView.as_view({"post": "login"}), "auth-login"),
        "login/mfa": (LoginView.as_view({"post": "second_factor"}), "auth-login-mfa"),
        "refresh": (LoginView.as_view({"post": "refresh"}), "auth-refresh"),
        "logout": (LogoutView.as_view({"post": "logout"}), "auth-logout"),
        "logout-all": (AccountView.as_view({"post": "logout_all"}), "auth-logout-all"),
        "me": (AccountView.as_view({"get": "me"}), "auth-me"),
        "ticket": (AccountView.as_view({"post": "ticket"}), "auth-ticket"),
    }
