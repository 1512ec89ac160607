"""Who may do what, as each API request and socket needs to know it: one read of Redis, else one query.

A principal says whether the user is active, their token version, permissions, live sign-ins, and facts that apps above
add (such as the supplier they work for). Redis may hold it for `cache.SECONDS`; a change takes it away after commit.
What is remembered can let nobody in whom the database would refuse for longer than that, and refuses nobody:
callers confirm a refusal with `fresh=True`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from django.db import connection, transaction

from stocksense.accounts.limits import Limit, Taken
from stocksense.accounts.models import ApiKey, User
from stocksense.accounts.principals import cache

_FACTS: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class Principal:
    """A user as access control sees them. Holds no name and no address."""

    user_id: int
    is_active: bool
    is_staff: bool
    is_superuser: bool
    kind: str
    token_version: int
    permissions: frozenset[str]
    families: frozenset[int]
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key as verification needs it, with its owner. Times are Unix seconds."""

    key_id: int
    public_id: str
    secret_hash: str
    previous_hash: str
    previous_expires_at: float
    expires_at: float
    revoked: bool
    permissions: frozenset[str]
    rate_per_minute: int | None
    owner: Principal


def register_fact(name: str, query: str) -> None:
    """Have principals carry the one value of `query`, SQL that may speak of `u.id`. Call while apps load."""
    _FACTS[name] = query


def of_user(user_id: int, *, fresh: bool = False) -> Principal | None:
    """The principal with that id; None where there is no such user. `fresh` asks the database."""
    return _parsed(_known(f"user:{user_id}", "u.id = %s", user_id, fresh=fresh, key=False))


def admitted(
    user_id: int, *, family_id: int, token_version: int, counted: Sequence[Limit]
) -> tuple[Principal | None, Taken | None]:
    """The principal, and a call counted against `counted`, in one step; where it is not remembered or the sign-in is
    not among what is remembered, nothing is counted."""
    name = f"user:{user_id}"
    found, taken = cache.admit(name, start=f"{token_version}|", part=f",{family_id},", counted=counted)
    remembered = found if isinstance(found, bytes) else _loaded(found, "u.id = %s", user_id, key=False)
    return _parsed(remembered), taken


def of_key(public_id: str, *, fresh: bool = False) -> KeyRecord | None:
    """The API key with that public id; None where there is no such key. `fresh` asks the database."""
    return _parsed_key(_known(f"key:{public_id}", "k.public_id = %s", public_id, fresh=fresh, key=True))


def admitted_key(
    public_id: str, *, secret_hash: str, owner_id: int, rate: int | None, counted: Sequence[Limit]
) -> tuple[KeyRecord | None, Taken | None]:
    """The API key, and a call counted against `counted`, in one step; where it is not remembered, or not as a live key
    with this secret, owner and rate, nothing is counted."""
    start = _key_line(secret_hash, owner_id, rate)
    found, taken = cache.admit(f"key:{public_id}", start=start, part="", counted=counted)
    remembered = found if isinstance(found, bytes) else _loaded(found, "k.public_id = %s", public_id, key=True)
    return _parsed_key(remembered), taken


def user_object(principal: Principal, *, scope: frozenset[str] | None = None) -> User:
    """The user for `request.user`, without a query: what is not known here is read when it is touched."""
    known = {
        "id": principal.user_id,
        "is_active": principal.is_active,
        "is_staff": principal.is_staff,
        "is_superuser": principal.is_superuser,
        "kind": principal.kind,
        "token_version": principal.token_version,
    }
    names = [field.attname for field in User._meta.concrete_fields if field.attname in known]
    user = User.from_db("default", names, [known[name] for name in names])  # from_db goes by the order of the fields
    if not principal.is_superuser:
        vars(user)["_perm_cache"] = principal.permissions  # where Django's backend keeps what it has read
    user.principal = principal
    user.scope = scope
    return user


def fact(user: User, name: str) -> Any:
    """A registered fact of `user`; None where there is none."""
    principal = user.principal or of_user(user.pk)
    return None if principal is None else principal.facts.get(name)


def forget_user(user_id: int) -> None:
    """Have the next request read this user anew: once the running transaction is committed, at once without one."""
    transaction.on_commit(lambda: forget_now(user_id))


def forget_key(public_id: str) -> None:
    """Have the next request read this key anew, once the running transaction is committed."""
    transaction.on_commit(lambda: cache.forget(f"key:{public_id}"))


def forget_now(user_id: int) -> None:
    """Forget the user and their keys; the change must be committed."""
    keys = ApiKey.objects.filter(owner=user_id).values_list("public_id", flat=True)
    cache.forget(f"user:{user_id}", *(f"key:{public_id}" for public_id in keys))


def _known(name: str, condition: str, value: Any, *, fresh: bool, key: bool) -> bytes | None:
    if fresh:
        cache.forget(name)
        return _load(condition, value, key=key)
    found = cache.read(name)
    return found if isinstance(found, bytes) else _loaded(found, condition, value, key=key)


def _loaded(miss: cache.Miss, condition: str, value: Any, *, key: bool) -> bytes | None:
    record = _load(condition, value, key=key)
    if record is not None:
        cache.fill(miss, record)
    return record


_PERMISSIONS = """ARRAY(
    SELECT ct.app_label || '.' || p.codename
    FROM auth_permission p JOIN django_content_type ct ON ct.id = p.content_type_id
    WHERE p.id IN (
        SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = u.id
        UNION SELECT gp.permission_id FROM auth_group_permissions gp
        JOIN accounts_user_groups ug ON ug.group_id = gp.group_id WHERE ug.user_id = u.id
    ) AND NOT u.is_superuser ORDER BY 1
)"""
_FAMILIES = """ARRAY(
    SELECT f.id FROM accounts_tokenfamily f WHERE f.user_id = u.id AND f.ended_at IS NULL AND f.expires_at > now()
    ORDER BY f.id
)"""
_USER = """
'user_id', u.id, 'is_active', u.is_active, 'is_staff', u.is_staff, 'is_superuser', u.is_superuser,
'kind', u.kind, 'token_version', u.token_version
"""
_KEY = """
'key_id', k.id, 'public_id', k.public_id, 'secret_hash', k.secret_hash, 'previous_hash', k.previous_hash,
'previous_expires_at', coalesce(extract(epoch FROM k.previous_expires_at), 0)::float8,
'expires_at', extract(epoch FROM k.expires_at)::float8, 'revoked', k.revoked_at IS NOT NULL,
'permissions', k.permissions, 'rate_per_minute', k.rate_per_minute
"""


def _load(condition: str, value: Any, *, key: bool) -> bytes | None:
    """What is remembered: a first line that says by what one gets in, then JSON.

    Of a user it says which sign-ins are good (`version|,family,family,`), of a live key its secret, owner and rate.
    """
    facts = ", ".join(f"'{name}', ({query})" for name, query in sorted(_FACTS.items()))
    families = "'[]'::json" if key else f"array_to_json({_FAMILIES})"
    parts = f"{_USER}, 'permissions', {_PERMISSIONS}, 'families', {families}, 'facts', json_build_object({facts})"
    if key:
        parts += f", 'key', json_build_object({_KEY})"
        source = "accounts_apikey k JOIN accounts_user u ON u.id = k.owner_id"
    else:
        source = "accounts_user u"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT json_build_object({parts})::text FROM {source} WHERE {condition}", [value])
        row = cursor.fetchone()
    if row is None:
        return None
    record = orjson.loads(row[0])
    return f"{_first_line(record)}\n{row[0]}".encode()


def _first_line(record: dict[str, Any]) -> str:
    if found := record.get("key"):
        live = record["is_active"] and not found["revoked"]
        return _key_line(found["secret_hash"], record["user_id"], found["rate_per_minute"]) if live else ""
    return f"{record['token_version']}|,{''.join(f'{family},' for family in record['families'])}"


def _key_line(secret_hash: str, owner_id: int, rate: int | None) -> str:
    return f"{secret_hash}|{owner_id}|{rate or ''}|"


def _parsed(remembered: bytes | None) -> Principal | None:
    return None if remembered is None else _of_text(remembered)


@lru_cache(maxsize=1024)
def _of_text(remembered: bytes) -> Principal:
    return _principal(orjson.loads(remembered.partition(b"\n")[2]))


def _parsed_key(remembered: bytes | None) -> KeyRecord | None:
    return None if remembered is None else _key_of_text(remembered)


@lru_cache(maxsize=1024)
def _key_of_text(remembered: bytes) -> KeyRecord:
    record = orjson.loads(remembered.partition(b"\n")[2])
    found = record["key"]
    return KeyRecord(**{**found, "permissions": frozenset(found["permissions"])}, owner=_principal(record))


def _principal(record: dict[str, Any]) -> Principal:
    return Principal(
        user_id=record["user_id"],
        is_active=record["is_active"],
        is_staff=record["is_staff"],
        is_superuser=record["is_superuser"],
        kind=record["kind"],
        token_version=record["token_version"],
        permissions=frozenset(record["permissions"]),
        families=frozenset(record["families"]),
        facts=record["facts"],
    )
