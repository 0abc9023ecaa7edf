"""The one family of errors: where it is, what was seen, why it matters, what to do."""

from __future__ import annotations

EXIT_DONE = 0
EXIT_BAD_INPUT = 2
EXIT_REFUSED = 3
EXIT_CLARIFY = 4
EXIT_NOTHING = 5


class VasotoneError(Exception):
    """An error that a person can act on.

    where   the file, key, row or argument
    seen    what stood there, shortened
    why     why it matters
    fix     what to do
    """

    kind = "error"
    exit_code = EXIT_BAD_INPUT

    def __init__(self, what: str, *, where: str = "", seen: object = None, why: str = "", fix: str = "") -> None:
        self.what = what
        self.where = where
        self.seen = seen
        self.why = why
        self.fix = fix
        super().__init__(str(self))

    def __str__(self) -> str:
        lead = f"{self.where}: {self.what}" if self.where else self.what
        if self.seen is not None:
            lead += f", seen {shorten(self.seen)}"
        parts = [lead.rstrip(".") + "."]
        parts += [text[0].upper() + text[1:].rstrip(".") + "." for text in (self.why, self.fix) if text]
        return " ".join(parts)

    def to_dict(self) -> dict[str, object]:
        """The error as the record that `--json` prints."""
        return {
            "schema": "vasotone.error/1",
            "kind": self.kind,
            "where": self.where,
            "what": self.what,
            "seen": None if self.seen is None else shorten(self.seen),
            "why": self.why,
            "fix": self.fix,
        }


class FactError(VasotoneError):
    """The project's or a site's own data are not sound."""

    kind = "facts"


class InputError(VasotoneError):
    """What came in cannot be read."""

    kind = "input"


class UnitError(VasotoneError):
    """A unit or a number is not one of the known spellings, or two units do not convert."""

    kind = "unit"


class ConditionError(FactError):
    """A condition does not parse or does not fit its variables; carries the caret picture."""

    kind = "condition"

    def __init__(self, what: str, *, text: str, position: int, hint: str = "", where: str = "") -> None:
        self.text = text
        self.position = position
        self.hint = hint
        super().__init__(what, where=where, fix=hint)

    def __str__(self) -> str:
        lead = f"{self.where}: {self.what}" if self.where else self.what
        lines = [lead, f"  {self.text}", "  " + " " * self.position + "^"]
        if self.hint:
            lines.append(f"  hint: {self.hint}")
        return "\n".join(lines)


class MissingExtra(VasotoneError):
    """A part that is installed separately is not there."""

    kind = "missing-extra"

    def __init__(self, part: str, extra: str) -> None:
        super().__init__(
            f"{part} needs a package that is not installed",
            where=part,
            why="the plain install stays small",
            fix=f"install it with: pip install 'vasotone[{extra}]'",
        )


def shorten(value: object, limit: int = 80) -> str:
    """A value as one printable line, cut to `limit` characters."""
    text = "".join(c if c.isprintable() else "?" for c in str(value)[: limit * 4])
    return text if len(text) <= limit else text[: limit - 1] + "…"
