"""Text for partners that read nothing but ASCII, which is all that 2.1.1 promises (CNV-09, TYP-03).

Letters lose their marks, others are spelled out, what is left becomes `?`. Only what
goes out is changed: what is stored, and told to everybody else, stays as it is.
"""

from __future__ import annotations

import unicodedata

# Spelled out, where taking the marks off does not help; quotes are those that need no escape in JSON.
_WORDS = """ß ss|ẞ SS|æ ae|Æ AE|œ oe|Œ OE|ø o|Ø O|ł l|Ł L|đ d|Đ D|ð d|Ð D|þ th|Þ TH|ı i|ħ h
|ä ae|ö oe|ü ue|Ä Ae|Ö Oe|Ü Ue|– -|— -|‐ -|‑ -|− -|× x|· .|… ...|€ EUR|‘ '|’ '|‚ '|“ '|” '|„ '|« '|» '"""
_SPELLED = str.maketrans(dict(pair.split() for pair in _WORDS.split("|")))


def plain(text: str) -> str:
    """The text in printable ASCII; JSON stays JSON."""
    if text.isascii():
        return text
    return "".join(each if each.isascii() else _plain(each) for each in text.translate(_SPELLED))


def _plain(letter: str) -> str:
    apart = unicodedata.normalize("NFKD", letter)
    left = "".join(each for each in apart if each.isascii() and each.isprintable() and each not in '"\\')
    return left or ("" if unicodedata.combining(letter) else "?")
