"""Finding rows by what people type, with indexes that every PostgreSQL has: prefixes and words of a name."""

import re
from typing import TypeVar, cast

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Q

Row = TypeVar("Row", bound=models.Model)
_WORD = re.compile(r"\w+")


def matching(rows: "models.QuerySet[Row]", term: str, *, code: str, name: str = "") -> "models.QuerySet[Row]":
    """Rows whose `code` starts with `term`, or whose `name` has words that start with all words of `term`.

    Uses the `upper(code) text_pattern_ops` and `to_tsvector('simple', name)` indexes of the table.
    """
    where = Q(**{f"{code}__istartswith": term.strip()})
    words = _WORD.findall(term)
    if name and words:
        query = SearchQuery(" & ".join(f"{word}:*" for word in words), search_type="raw", config="simple")
        rows = cast("models.QuerySet[Row]", rows.alias(name_words=SearchVector(name, config="simple")))
        where |= Q(name_words=query)
    return rows.filter(where)
