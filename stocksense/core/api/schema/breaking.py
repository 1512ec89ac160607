"""What of a changed description breaks programs that were written against the old one.

Programs may rely on: an address and its methods; parameters and fields they send being taken; fields they read being
there and being of the type that was said; answers of success having the status that was said. What is new and optional
breaks nobody.
"""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
METHODS = ("get", "post", "put", "patch", "delete")


def changes(old: Schema, new: Schema) -> list[str]:
    """Sentences, one for each change that breaks somebody; none where nobody is broken."""
    return sorted(set(_paths(old, new)))


def _paths(old: Schema, new: Schema) -> Iterator[str]:
    for path, operations in old.get("paths", {}).items():
        for method in METHODS:
            if method not in operations:
                continue
            at = f"{method.upper()} {path}"
            changed = new.get("paths", {}).get(path, {}).get(method)
            if changed is None:
                yield f"{at} is gone"
                continue
            yield from _parameters(at, operations[method], changed)
            yield from _Bodies(old, new).of(at, operations[method], changed)


def _parameters(at: str, old: Schema, new: Schema) -> Iterator[str]:
    before = {(one["in"], one["name"]): one for one in old.get("parameters", ())}
    after = {(one["in"], one["name"]): one for one in new.get("parameters", ())}
    for key, one in before.items():
        named = f"{at}: {key[0]} parameter {key[1]}"
        if key not in after:
            yield f"{named} is gone"
            continue
        yield from _narrowed(named, one.get("schema", {}), after[key].get("schema", {}))
    for key, one in after.items():
        if one.get("required") and not before.get(key, {}).get("required"):
            yield f"{at}: {key[0]} parameter {key[1]} is required now"


def _narrowed(named: str, old: Schema, new: Schema) -> Iterator[str]:
    """What may be sent: values that were taken and are not any more."""
    if "items" in old or "items" in new:
        yield from _narrowed(named, old.get("items", {}), new.get("items", {}))
    if _types(new) and (gone := _types(old) - _types(new)):
        yield f"{named} is no longer taken as {', '.join(sorted(gone))}"
    if "enum" in new:
        lost = set(map(str, old["enum"])) - set(map(str, new["enum"])) if "enum" in old else {"values but those listed"}
        if lost:
            yield f"{named} no longer takes {', '.join(sorted(lost))}"
    for limit, worse in (("maxLength", -1), ("maximum", -1), ("maxItems", -1), ("minLength", 1), ("minimum", 1)):
        if limit in new and (limit not in old or (new[limit] - old[limit]) * worse > 0):
            yield f"{named} has a narrower {limit}"


class _Bodies:
    """Compares what is sent and what is answered, through references; each pair of components once."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, bool]] = set()

    def of(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        before, after = old.get("requestBody"), new.get("requestBody")
        if after and after.get("required") and not (before and before.get("required")):
            yield f"{at}: a body is required now"
        if before and not after:
            yield f"{at}: the body is gone"
        for media, content in (before or {}).get("content", {}).items():
            if media not in (after or {}).get("content", {media: 0}):
                yield f"{at}: bodies of {media} are no longer taken"
            elif after:
                yield from self._compare(f"{at}: body", content["schema"], after["content"][media]["schema"], sent=True)
        yield from self._answers(at, old.get("responses", {}), new.get("responses", {}))

    def _answers(self, at: str, old: Schema, new: Schema) -> Iterator[str]:
        for status, answer in old.items():
            if not status.startswith("2"):
                continue
            if status not in new:
                yield f"{at}: no longer answers {status}"
                continue
            for media, content in answer.get("content", {}).items():
                changed = new[status].get("content", {}).get(media)
                if changed is None:
                    yield f"{at}: no longer answers {media}"
                else:
                    yield from self._compare(f"{at}: answer", content["schema"], changed["schema"], sent=False)

    def _compare(self, at: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        refs = (old.get("$ref", ""), new.get("$ref", ""), sent)
        if any(refs[:2]):
            if refs in self._seen:
                return
            self._seen.add(refs)
        old, new = _resolved(self._old, old), _resolved(self._new, new)
        if sent:
            yield from _narrowed(at, old, new)
        else:
            yield from _widened(at, old, new)
        if "items" in old and "items" in new:
            yield from self._compare(f"{at}[]", old["items"], new["items"], sent=sent)
        before, after = old.get("properties", {}), new.get("properties", {})
        for name, schema in before.items():
            if name not in after:
                yield f"{at}.{name} is gone"
            else:
                yield from self._compare(f"{at}.{name}", schema, after[name], sent=sent)
        required, was = set(new.get("required", ())), set(old.get("required", ()))
        if sent:
            yield from (f"{at}.{name} is required now" for name in sorted(required - was))
        else:
            yield from (f"{at}.{name} may be missing now" for name in sorted(was - required) if name in after)
        yield from self._either(at, old, new, sent=sent)

    def _either(self, at: str, old: Schema, new: Schema, *, sent: bool) -> Iterator[str]:
        before, after = _shapes(self._old, old), _shapes(self._new, new)
        if not before or not after:
            return
        if sent and before - after:
            yield f"{at} is no longer taken as {', '.join(sorted(before - after))}"
        if not sent and after - before:
            yield f"{at} may be {', '.join(sorted(after - before))} now"


def _widened(at: str, old: Schema, new: Schema) -> Iterator[str]:
    """What may be answered: types that a program was not told of."""
    if _types(old) and (more := _types(new) - _types(old)):
        yield f"{at} may be {', '.join(sorted(more))} now"
    if "enum" in old and "enum" in new and (lost := set(map(str, old["enum"])) - set(map(str, new["enum"]))):
        yield f"{at} is never {', '.join(sorted(lost))} any more"
    if old.get("format") and new.get("format") != old["format"]:
        yield f"{at} is no longer a {old['format']}"


def _types(schema: Schema) -> set[str]:
    found = schema.get("type")
    named = {found} if isinstance(found, str) else set(found or ())
    return named | ({"integer"} if "number" in named else set())


def _shapes(whole: Schema, schema: Schema) -> set[str]:
    listed = schema.get("anyOf") or schema.get("oneOf") or ()
    return {str(one.get("$ref", "")).rpartition("/")[2] or str(one.get("type", "anything")) for one in listed}


def _resolved(whole: Schema, schema: Schema) -> Schema:
    seen: set[str] = set()
    while (ref := schema.get("$ref", "")) and ref not in seen:
        seen.add(ref)
        schema = whole.get("components", {}).get("schemas", {}).get(ref.rpartition("/")[2], {})
    return schema
