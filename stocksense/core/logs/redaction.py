"""Takes secrets out of log lines: by the name of a field, and by the form of text."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

REMOVED = "[removed]"
LONGEST_TEXT = 20_000
_DEEPEST = 6

_NAMES = (
    r"pass(?:word|wd|phrase|code)?\d?|secret\w*|token|access|refresh|authori[sz]ation|cookies?|set-cookie|session(?:id|_key)?"
    r"|csrf\w*|api[-_]?keys?|x-api-key|private[-_]?key|credentials?|signature|otp|totp|recovery_codes?|ticket|pin"
)
_SECRET_NAME = re.compile(rf"(?:^|[-_.])(?:{_NAMES})(?:$|[-_.])|passw|csrfmiddlewaretoken", re.IGNORECASE)
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'"

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # Whole headers: what follows "Authorization:" or "Cookie:" up to the end of the line or of the quoted text.
    (
        re.compile(r"(?i)\b((?:proxy-)?authorization|(?:set-)?cookie)(['\"]?\s*[:=]\s*)(['\"]?)[^\r\n'\"]+"),
        rf"\1\2\3{REMOVED}",
    ),
    (re.compile(r"(?i)\b(bearer|basic|token|api-key)\s+[\w.~+/=-]{6,}"), rf"\1 {REMOVED}"),
    # name=value in query strings and forms, 'name': 'value' in representations, name="value" in SQL and options.
    (
        re.compile(
            rf"(?i)(?<![\w.-])([\w.-]{{0,60}}?(?:{_NAMES})\d?)(['\"]?\s*(?:=>|[=:])\s*)(\[?)({_QUOTED}|[^\s&;,'\"<>)\]}}]+)"
        ),
        rf"\1\2\3{REMOVED}",
    ),
    (re.compile(rf"(?i)\b({_NAMES})(\s+)({_QUOTED})"), rf"\1\2{REMOVED}"),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]{4,}(?:\.[\w-]*)?"), REMOVED),  # JSON web tokens
    (re.compile(r"(?i)\b(argon2(?:id|i|d)?|pbkdf2_\w+|scrypt|bcrypt\w*|md5|sha1)\$[^\s'\")]+"), REMOVED),  # hashes
    (re.compile(r"\b((?:ssk|whsec|sk|pk|rk)_)[\w-]{8,}={0,2}"), rf"\1{REMOVED}"),  # keys known by their prefix
    (
        re.compile(r"\b([a-z][a-z0-9+.-]{1,30}://)[^/\s:@]{0,200}:[^/\s@]{1,400}@", re.IGNORECASE),
        rf"\1{REMOVED}@",
    ),  # user:password@host
    (re.compile(r"(Failing row contains )\(.*\)\.?", re.DOTALL), rf"\1({REMOVED})"),  # PostgreSQL shows whole rows
    (re.compile(r"(?i)(Key \([^)]*\))=\((?:[^)]|\)(?! (?:already|is|conflicts)))*\)"), rf"\1=({REMOVED})"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", re.DOTALL), REMOVED),
)


def remove_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: the event without secrets, its texts at most 20,000 characters long."""
    return _mapping(event, 0)


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret."""
    return _SECRET_NAME.search(name) is not None


def clean_text(text: str) -> str:
    """The text without what looks like a secret."""
    if len(text) > LONGEST_TEXT:
        text = f"{text[: LONGEST_TEXT // 2]} … {text[-LONGEST_TEXT // 2 :]}"
    for pattern, replacement in _FORMS:
        text = pattern.sub(replacement, text)
    return text


def _mapping(values: Mapping[Any, Any], depth: int) -> dict[str, Any]:
    return {
        str(name): REMOVED if value and is_secret_name(str(name)) else _clean(value, depth)
        for name, value in values.items()
    }


def _clean(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return clean_text(value)
    if depth >= _DEEPEST:
        return clean_text(str(value))
    if isinstance(value, Mapping):
        return _mapping(value, depth + 1)
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(member, depth + 1) for member in value]
    return clean_text(value.decode(errors="replace") if isinstance(value, bytes) else str(value))
