"""Review state of a statement, computed from what was approved; nobody types a state.

An approval names the digest of what was read. Edit the statement and the digest differs, so the
approval falls back by itself.
"""

from __future__ import annotations

from typing import Any

# Cases, reviews and anticipated questions may change without a new reading by a clinician.
UNREVIEWED_KEYS = frozenset(
    ("case", "review", "asks", "links", "file", "rank", "topic", "digest", "review_state", "on_memory")
)
DIGEST_LENGTH = 12
ARTICLE = "founding-article"


def digest(statement: dict[str, Any]) -> str:
    """The digest of what a reviewer reads of a statement: wording, condition, action, grade, cites."""
    import json
    from hashlib import sha256

    read = {key: value for key, value in statement.items() if key not in UNREVIEWED_KEYS}
    text = json.dumps(read, sort_keys=True, ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:DIGEST_LENGTH]


def rests_on_memory(statement: dict[str, Any], read_of: dict[str, str]) -> bool:
    """Whether nothing that a statement stands on was read; the founding article is a claim, not a ground."""
    places = list(statement.get("editions", {}).items())
    places += [(cite["source"], cite) for cite in statement.get("cites", [])]
    return all(
        place.get("read", read_of.get(source, "memory")) == "memory" for source, place in places if source != ARTICLE
    )


def state(statement: dict[str, Any], *, today: str | None = None) -> str:
    """submitted | under review | approved | expired | withdrawn, from the reviews beside a statement.

    today  an ISO date, needed only to tell an approval that has run out
    """
    reviews = statement.get("review", [])
    if not reviews:
        return "submitted"
    last = reviews[-1]
    if last.get("decision") == "withdrawn":
        return "withdrawn"
    if last.get("decision") == "approved" and last.get("digest") == digest(statement):
        until = str(last.get("until", ""))
        return "expired" if today and until and today > until else "approved"
    return "under review"
