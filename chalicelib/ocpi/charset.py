"""Text of partners that do not write UTF-8, and for those that read nothing but ASCII (CNV-09, TYP-03).

ASCII is all that 2.1.1 promises.

Letters lose their marks, others are spelled out, what is left becomes `?`. Only what
goes out is changed: what is stored, and told to everybody else, stays as it is.
"""

from __future__ import annotations

import unicodedata

from chalicelib.ocpi.findings import Finding

# Spelled out, where taking the marks off does not help; quotes are those that need no escape in JSON.
_WORDS = """ß ss|ẞ SS|æ ae|Æ AE|œ oe|Œ OE|ø o|Ø O|ł l|Ł L|đ d|Đ D|ð d|Ð D|þ th|Þ TH|ı i|ħ h
|ä ae|ö oe|ü ue|Ä Ae|Ö Oe|Ü Ue|– -|— -|‐ -|‑ -|− -|× x|· .|… ...|€ EUR|‘ '|’ '|‚ '|“ '|” '|„ '|« '|» '"""
_SPELLED = str.maketrans(dict(pair.split() for pair in _WORDS.split("|")))


# What stands where bytes could not be read; on its way through a gateway a body may have lost them.
_LOST = "\ufffd".encode()


# What is noted of a body that was read so.
NOTED = Finding("", "charset", "not in UTF-8; read as Latin-1, or as UTF-16 where it begins so")


def read(raw: bytes) -> tuple[bytes | str, bool]:
    """The text of a body, and whether it is in UTF-8 (then as it is); else it is what older systems write.

    Raises ValueError where bytes were lost on the way, so that nobody stores what stands for them.
    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16"), False
    if _LOST in raw:
        raise ValueError("holds U+FFFD: it was not in UTF-8, and letters were lost on the way")
    try:
        raw.decode()
    except UnicodeDecodeError:
        return _older(raw), False
    return raw, True


def utf_8(raw: bytes) -> bytes:
    """A body in UTF-8: as it came where it is, or where nobody can read it."""
    try:
        text, _ = read(raw)
    except ValueError:
        return raw
    return text.encode() if isinstance(text, str) else text


def shown(raw: bytes) -> str:
    """The text of a body, to be kept and looked at; bytes that nobody can read as escapes."""
    return utf_8(raw).decode("utf-8", "backslashreplace")


def _older(raw: bytes) -> str:
    """Latin-1, or where it holds what is no letter there Windows' superset of it."""
    try:
        return raw.decode("cp1252")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def plain(text: str) -> str:
    """The text in printable ASCII; JSON stays JSON."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else _plain(each) for each in text.translate(_SPELLED))


def _plain(letter: str) -> str:
    apart = unicodedata.normalize("NFKD", letter)
    left = "".join(each for each in apart if each.isascii() and each.isprintable() and each not in '"\\')
    return left or ("" if unicodedata.combining(letter) else "?")
