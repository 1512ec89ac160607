"""Idempotency-Key: a POST that is sent again, because its answer was lost, is answered again and not done again.

The answer is stored in the transaction of the effect, so both are there or neither is. Refused requests (4xx) are not
stored: they had no effect, repeating them is harmless, and what refused them may have been mended meanwhile. Faults
(5xx) are never stored, nor are answers that nobody may store (Cache-Control: no-store): they hold secrets.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Protocol

from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from stocksense.core.api.renderers import dump

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")
_NOT_KEPT = frozenset({"content-length", "set-cookie", "date"})


class WrongKey(exceptions.APIException):
    """The header holds no key."""

    status_code = 400
    default_code = "wrong_idempotency_key"
    default_detail = "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID."


class KeyInUse(exceptions.APIException):
    """The same request is being carried out."""

    status_code = 409
    default_code = "idempotency_key_in_use"
    default_detail = "A request with this Idempotency-Key is under way. Send it again in a moment for its answer."
    wait = 0
    """Read by the exception handler, which answers Retry-After one second above it."""


class KeyReused(exceptions.APIException):
    """The key belongs to another request."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was used for another request. Use a new key for each new request."


@dataclass(frozen=True)
class StoredAnswer:
    """What a request was answered."""

    fingerprint: bytes
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def answer(self) -> HttpResponse:
        """The same answer again, marked as such."""
        again = HttpResponse(self.body, status=self.status, headers=dict(self.headers))
        again[REPLAYED] = "true"
        return again


class Store(Protocol):
    """Where answers are kept."""

    def claim(self, *, principal: str, key: str) -> StoredAnswer | None:
        """The answer stored for the key, else None with the key held until the transaction's end.

        Raises KeyInUse where another transaction holds it.
        """

    def find(self, *, principal: str, key: str) -> StoredAnswer | None:
        """The answer stored for the key."""

    def keep(self, *, principal: str, key: str, answer: StoredAnswer) -> None:
        """Store the answer in the running transaction. Raises KeyInUse where another did so meanwhile."""


_stores: list[Store] = []


def keep_in(store: Store) -> None:
    """Have answers kept in `store`: said once, by the app that has the table."""
    _stores[:] = [store]


def once(request: Request, key: str, carry_out: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The answer of `carry_out`, done in one transaction with its record; or the answer that the key has already.

    Raises WrongKey, KeyInUse and KeyReused.
    """
    if not _KEY.fullmatch(key):
        raise WrongKey
    principal, fingerprint = str(request.user.pk), _fingerprint(request)
    store = _stores[0]
    try:
        with transaction.atomic():
            if stored := store.claim(principal=principal, key=key):
                return _replayed(stored, fingerprint)
            answer = _rendered(carry_out())
            if answer.status_code < 400 and "no-store" not in answer.get("Cache-Control", ""):
                headers = {name: value for name, value in answer.items() if name.lower() not in _NOT_KEPT}
                kept = StoredAnswer(fingerprint, answer.status_code, answer.content, headers)
                store.keep(principal=principal, key=key, answer=kept)
            return answer
    except (KeyReused, exceptions.NotAuthenticated):
        raise
    except Exception:
        # Another request with the key may have ended between our look and our claim: then its answer is the answer.
        if stored := store.find(principal=principal, key=key):
            return _replayed(stored, fingerprint)
        raise


def _replayed(stored: StoredAnswer, fingerprint: bytes) -> HttpResponse:
    if bytes(stored.fingerprint) != fingerprint:
        raise KeyReused
    return stored.answer()


def _rendered(answer: HttpResponseBase) -> HttpResponse:
    """The answer with its bytes: they are what is stored."""
    if isinstance(answer, Response):
        body = b"" if answer.data is None else dump(answer.data)
        made = HttpResponse(body, status=answer.status_code, headers=dict(answer.items()))
        made["Content-Type"] = answer.content_type or "application/json"
        return made
    if not isinstance(answer, HttpResponse):
        raise TypeError("an answer that streams cannot be kept for its Idempotency-Key")
    return answer


def _fingerprint(request: Request) -> bytes:
    """What makes two requests the same: method, address and body; of uploads, their fields and files."""
    digest = blake2b(digest_size=32)
    for part in (request.method or "", request.get_full_path(), request.content_type):
        digest.update(part.encode() + b"\0")
    if request.content_type.startswith("multipart/") or request.content_type == "application/octet-stream":
        _digest_upload(request, digest)
    else:
        digest.update(request.body)
    return digest.digest()


def _digest_upload(request: Request, digest: Any) -> None:
    _ = request.data  # parsed first: files may be larger than what is read into memory
    for name, values in sorted(request.POST.lists()):
        digest.update(dump([name, values]))
    for name, file in sorted(request.FILES.items()):
        digest.update(dump([name, file.name, file.size]))
        for chunk in file.chunks():
            digest.update(chunk)
        file.seek(0)
