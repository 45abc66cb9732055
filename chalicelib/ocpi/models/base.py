"""What a field can be: the words in which the object tables of every version are written.

A table is data. The lenient reader, the strict check, the compiled validators,
the plain differences between versions and docs/objects.md are all made from it.
Importing this loads neither pydantic nor any object.

Spec: 2.3.0 types, terminology_cardinality (TYP-01 to TYP-18)
"""

from __future__ import annotations

from typing import Any, Final

V211, V221, V230 = VERSIONS = ("2.1.1", "2.2.1", "2.3.0")

# Cardinality (TYP-15 to TYP-17)
ONE, MAYBE, MANY, SOME = "1", "?", "*", "+"

# Lists that a PATCH merges entry by entry, and the field that names an entry (AMB-10)
PARTIAL_PARTS = {"evses": "uid"}


class Otherwise:
    """What is read where a value is missing or cannot be used; `told` says it in docs/reading.md."""

    def __init__(self, told: str) -> None:
        self.told = told


# The object around it cannot be used either: the nearest thing of its own is set aside, or all is refused.
REFUSED: Final = Otherwise("refused")
# Nothing is read: the field is left out.
NOTHING: Final = Otherwise("set aside")
# The time of arrival.
ARRIVAL: Final = Otherwise("the time of arrival")
# The party whose object it is: of a Tariff the one of the CDR around it, else the one of the connection.
OWNER: Final = Otherwise("the one party whose it can be")
# The eMSP that the Token is of: the one hosted here, of several the one that has it.
HOLDER: Final = Otherwise("the eMSP that has the Token")
# The Token that was asked about.
ASKED: Final = Otherwise("the Token that was asked about")
# The zone of the country and place (CNV-38).
ZONE: Final = Otherwise("the zone of the country and place")
# Of a PENDING Session 0, or the time of arrival; of any other refused.
WHILE_PENDING: Final = Otherwise("0, or the time of arrival, while PENDING; else refused")
# Left out of an EVSE that cannot be used yet or any more; any other cannot be used without.
UNUSED: Final = Otherwise("not stated, while PLANNED or REMOVED; else refused")
# An object of which everything is not stated.
UNSTATED: Final = Otherwise("an object that states nothing")
# A Token whose whitelist nobody understands is asked about, whatever was known of it before.
ALWAYS_ASK: Final = Otherwise("`NEVER`, also in a PATCH")
# The word is kept though nobody here knows it.
KEPT: Final = Otherwise("an unknown word is kept; missing: refused")
# A restriction that is not understood: the element is made one that never applies.
NEVER: Final = Otherwise("set aside, and the element never applies")
# A restriction that nothing meets, in every version: less than no time.
UNMET: Final = {"max_duration": 0}


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


class Degrees(Pattern):
    """A coordinate: degrees as text, within `most` of zero, or there is no such place."""

    def __init__(self, limit: int, form: str, most: int, *, form_211: str) -> None:
        super().__init__(limit, form, form_211=form_211)
        self.most_degrees = most


class TimeOfDay(Pattern):
    """string(5), a local time: 00:00 to 23:59, or to 24:00 where that has a meaning."""

    def __init__(self, form: str, *, until_24: bool = False) -> None:
        super().__init__(5, form)
        self.until_24 = until_24


class Day(Pattern):
    """string(10), a local date."""


class Code(Pattern):
    """A code of ISO in capitals; `codes`: which there are, "": not asked."""

    def __init__(self, limit: int, form: str, codes: str = "") -> None:
        super().__init__(limit, form)
        self.codes = frozenset(codes.split())


class Language(Pattern):
    """string(2), a language of ISO 639-1."""

    def __init__(self) -> None:
        super().__init__(2, r"[A-Za-z]{2}")


class Zone(Text):
    """string(255), a name of the IANA time zone database."""

    def __init__(self) -> None:
        super().__init__(255)


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

    @property
    def bounds(self) -> str:
        """Its bounds in words."""
        if self.least is None or self.most is None:
            return f"{self.least} or more" if self.most is None else f"{self.most} or less"
        return f"between {self.least} and {self.most}"


class Bool(Type):
    """true or false."""

    def __init__(self) -> None:
        self.name = "boolean"


class Enum(Type):
    """A set of words, per version: `values` are in all, the others from or until a version.

    An open one may carry any further word in 2.3.0 (TYP-13), or `open_since` another; in older
    ones it is kept, and noted. `aliases` are words
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
        open_since: str = V230,
        aliases: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.is_open = is_open
        self.open_since = open_since
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
        spelled = {word: word for word in self.tolerated} | self.aliases
        self.folded = {self.fold(word): meant for word, meant in spelled.items()}

    @staticmethod
    def fold(word: str) -> str:
        """A word as it is compared: without case, blanks, hyphens and underscores."""
        return word.translate(_NO_GAPS).upper()

    def meant(self, word: str) -> str | None:
        """The word of ours that is meant by one that is spelled otherwise."""
        return self.folded.get(self.fold(word))


_NO_GAPS = str.maketrans("", "", " \t\r\n-_")


class Field:
    """One row of an object table.

    `was` is its name in 2.1.1 where only the name differs. A field that differs in
    more has two rows of one name, with `since` and `until` that exclude each other.
    `otherwise` is what is read of a partner's value that cannot be used, or that is
    required and missing: an Otherwise, or the value itself. `whole`: one entry of the
    list that cannot be used makes all of it so. `also`: a name that others use for it.
    `required`: it must be there and not null (TYP-17); `is_list`: its value is a list.
    """

    __slots__ = (
        *("also", "card", "is_list", "name", "note", "otherwise", "required", "since", "type", "until"),
        *("was", "whole"),
    )

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
        otherwise: Any = None,
        whole: bool = False,
        also: str = "",
    ) -> None:
        self.name = name
        self.also = also
        self.whole = whole
        self.required = card in (ONE, SOME)
        self.is_list = card in (MANY, SOME)
        self.otherwise = otherwise
        if otherwise is None:
            self.otherwise = REFUSED if self.required else NOTHING
        self.type = type_
        self.card = card
        self.note = note
        self.since = since
        self.until = until
        self.was = was

    def wire(self, version: str) -> str:
        """The name in that version."""
        return self.was or self.name if version == V211 else self.name

    def read_as(self, otherwise: Any, type_: Type | None = None, card: str = "") -> Field:
        """The field's row with another reading of what cannot be used."""
        return Field(
            self.name,
            type_ or self.type,
            card or self.card,
            self.note,
            since=self.since,
            until=self.until,
            was=self.was,
            otherwise=otherwise,
            whole=self.whole,
            also=self.also,
        )


class Model(Type):
    """An object or class of the specification: its rows, in the order of its table.

    `key` names a thing of its own among others in a list. In a `closed` one a field
    that is not known is not passed over: it may mean that the rest does not apply.
    """

    def __init__(self, name: str, *rows: Field, key: str = "", closed: bool = False) -> None:
        self.name = name
        self.rows = rows
        self.key = key
        self.closed = closed
        self._elsewhere: dict[str, dict[str, tuple[str, ...]]] = {}
        self._fields: dict[str, dict[str, Field]] = {}
        self._foreign: dict[str, dict[str, tuple[Field, str]]] = {}

    def owned_around(self) -> Model:
        """The same within something that says whose it is, where it does not say so itself."""
        owner = ("country_code", "party_id")
        rows = (row.read_as(OWNER) if row.name in owner else row for row in self.rows)
        return Model(self.name, *rows, key=self.key, closed=self.closed)

    def fields(self, version: str) -> dict[str, Field]:
        """The rows that exist in that version, by their name there."""
        known = self._fields.get(version)
        if known is None:
            known = {row.wire(version): row for row in self.rows if row.since <= version <= row.until}
            self._fields[version] = known
        return known

    def elsewhere(self, version: str) -> dict[str, tuple[str, ...]]:
        """Fields of that version that others write under another name: that of another version, mostly."""
        known = self._elsewhere.get(version)
        if known is None:
            own = self.fields(version)
            known = self._elsewhere[version] = {}
            for name, row in own.items():
                others = {each for each in (row.name, row.was, row.also) if each} - own.keys()
                if others:
                    known[name] = tuple(sorted(others))
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
            elsewhere = {each for names in self.elsewhere(version).values() for each in names}
            for newer in VERSIONS[VERSIONS.index(version) + 1 :]:
                for name, row in self.fields(newer).items():
                    if name not in own and name not in elsewhere:
                        known.setdefault(name, (row, newer))
        return known


DATETIME, NUMBER, BOOL = DateTime(), Number(), Bool()
INT = Int()
URL = Url()
