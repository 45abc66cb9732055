"""What a field can be: the words in which the object tables of every version are written.

A table is data. The lenient reader, the strict check, the compiled validators,
the plain differences between versions and docs/objects.md are all made from it.
Importing this loads neither pydantic nor any object.

Spec: 2.3.0 types, terminology_cardinality (TYP-01 to TYP-18)
"""

from __future__ import annotations

V211, V221, V230 = VERSIONS = ("2.1.1", "2.2.1", "2.3.0")

# Cardinality (TYP-15 to TYP-17)
ONE, MAYBE, MANY, SOME = "1", "?", "*", "+"

# Lists that a PATCH merges entry by entry, and the field that names an entry (AMB-10)
PARTIAL_PARTS = {"evses": "uid"}


class Type:
    """What a value has to be, apart from how often it occurs."""

    name = ""

    def __init__(self) -> None:
        self.name = type(self).__name__


class Text(Type):
    """string(n): printable UTF-8, for people. Too long is a finding, not a refusal (AMB-04).

    `taken`: how long our own may be, for it is cut when it is sent (AMB-54).
    """

    def __init__(self, limit: int = 0, *, in_211: int = 0, taken: int = 0) -> None:
        self.limit, self.in_211, self.taken = limit, in_211, taken
        self.name = f"string({limit})" if limit else "string"

    def most(self, version: str) -> int:
        """The longest allowed in that version, in characters; 0: no limit given."""
        return self.in_211 or self.limit if version == V211 else self.limit


class Ascii(Text):
    """CiString(n) that is no identifier: printable ASCII, compared without case (TYP-01)."""

    def __init__(self, limit: int = 0) -> None:
        super().__init__(limit)
        self.name = f"CiString({limit})" if limit else "CiString"


class Id(Ascii):
    """CiString(n) that names something: becomes part of URLs and keys, so too long is refused (AMB-04)."""

    def __init__(self, limit: int, *, in_211: int = 0) -> None:
        super().__init__(limit)
        self.in_211 = in_211


class Pattern(Text):
    """string(n) with a fixed form, such as a coordinate; `form_211` where 2.1.1 is narrower."""

    def __init__(self, limit: int, form: str, *, form_211: str = "") -> None:
        super().__init__(limit)
        self.form, self.form_211 = form, form_211

    def shape(self, version: str) -> str:
        """The regular expression that the whole value matches in that version."""
        return self.form_211 or self.form if version == V211 else self.form


class Url(Text):
    """URL: string(255), absolute (TYP-09)."""

    def __init__(self, limit: int = 255) -> None:
        super().__init__(limit)
        self.name = "URL" if limit == 255 else f"string({limit})"


class DateTime(Type):
    """RFC 3339 in UTC (TYP-05, AMB-37)."""


class Number(Type):
    """JSON number, kept as an exact decimal; `decimals` is how many we send at most (TYP-08, AMB-38)."""

    def __init__(self, decimals: int = 4) -> None:
        self.decimals = decimals
        self.name = "number"


class Int(Type):
    """JSON number without fraction, within bounds where the specification has any."""

    def __init__(self, least: int | None = None, most: int | None = None) -> None:
        self.least, self.most = least, most
        self.name = "int"


class Bool(Type):
    """true or false."""

    def __init__(self) -> None:
        self.name = "boolean"


class Enum(Type):
    """A set of words, per version: `values` are in all, the others from or until a version.

    An open one may carry any further word in 2.3.0 (TYP-13). `aliases` are words
    that partners use for one of ours.
    """

    def __init__(
        self,
        name: str,
        values: str,
        *,
        since_221: str = "",
        since_230: str = "",
        until_211: str = "",
        until_221: str = "",
        is_open: bool = False,
        aliases: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.is_open = is_open
        self.aliases = aliases or {}
        always = values.split()
        newest = always + since_221.split() + since_230.split()
        self.by_version = {
            V211: frozenset(always + until_211.split() + until_221.split()),
            V221: frozenset(always + since_221.split() + until_221.split()),
            V230: frozenset(newest),
        }
        self.newest = tuple(newest)
        self.tolerated = frozenset(newest + until_211.split() + until_221.split())


class Field:
    """One row of an object table.

    `was` is its name in 2.1.1 where only the name differs. A field that differs in
    more has two rows of one name, with `since` and `until` that exclude each other.
    """

    __slots__ = ("card", "name", "note", "since", "type", "until", "was")

    def __init__(
        self,
        name: str,
        type_: Type,
        card: str = ONE,
        note: str = "",
        *,
        since: str = V211,
        until: str = V230,
        was: str = "",
    ) -> None:
        self.name = name
        self.type = type_
        self.card = card
        self.note = note
        self.since = since
        self.until = until
        self.was = was

    @property
    def required(self) -> bool:
        """Whether the field must be there and not null (TYP-17)."""
        return self.card in (ONE, SOME)

    @property
    def is_list(self) -> bool:
        """Whether the value is a list."""
        return self.card in (MANY, SOME)

    def wire(self, version: str) -> str:
        """The name in that version."""
        return self.was or self.name if version == V211 else self.name


class Model(Type):
    """An object or class of the specification: its rows, in the order of its table."""

    def __init__(self, name: str, *rows: Field) -> None:
        self.name = name
        self.rows = rows
        self._fields: dict[str, dict[str, Field]] = {}
        self._foreign: dict[str, dict[str, tuple[Field, str]]] = {}

    def fields(self, version: str) -> dict[str, Field]:
        """The rows that exist in that version, by their name there."""
        known = self._fields.get(version)
        if known is None:
            known = {row.wire(version): row for row in self.rows if row.since <= version <= row.until}
            self._fields[version] = known
        return known

    def foreign(self, version: str) -> dict[str, tuple[Field, str]]:
        """Names that mean nothing in that version but something in a newer one: the row, and which one.

        Partners run mixed minor versions. Such a field is taken if it is sound there,
        and must not pass unseen, for after the upgrade it would be taken for checked.
        """
        known = self._foreign.get(version)
        if known is None:
            own = self.fields(version)
            known = self._foreign[version] = {}
            for newer in VERSIONS[VERSIONS.index(version) + 1 :]:
                for name, row in self.fields(newer).items():
                    if name not in own:
                        known.setdefault(name, (row, newer))
        return known


DATETIME, NUMBER, BOOL = DateTime(), Number(), Bool()
INT = Int()
URL = Url()
