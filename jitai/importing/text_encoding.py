"""Finding out in which encoding a text file is written.

Only what is not UTF-8 or marked is guessed: a byte order mark says what it is, and hardly any other text is valid
UTF-8 by chance. charset-normalizer is asked about scripts other than Latin. It mistakes short Latin texts (measured: it
takes 60 characters of French in Windows-1252 for code page 1250), and there Windows-1252 is by far the likeliest.
"""

import codecs
import re
from typing import IO

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ASKED_ABOUT = [
    "cp1251", "koi8_r", "cp1253", "cp1255", "cp1256", "cp1254", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip
_MOSTLY_OTHER_SCRIPT = 0.4
_LINE_ENDS = "\t\r\n\f\v\x1f\xa0\ufeff"
_IN_A_WORD = (
    ("mac_roman", re.compile(rb"[A-Za-z]\xd5[a-z]|[A-Za-z][\x8e\x8f\x9f][a-z]")),  # can't, é è ü
    ("cp850", re.compile(rb"[A-Za-z][\x81\x82\x84\x94][a-z]")),  # ü é ä ö
)
"""What stands within words in an old encoding, and in Windows-1252 is a capital or a sign."""
NAMES = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "cp1252": "Windows-1252",
    "mac_roman": "Mac Roman",
    "cp850": "code page 850 (DOS)",
}


def find_encoding(stream: IO[bytes]) -> str:
    """The name of the encoding, as Python knows it; the stream is read and put back to its beginning."""
    stream.seek(0)
    head = stream.read(4096)
    stream.seek(0)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    if b"\0" in head and (unmarked := _unmarked(head)):
        return unmarked
    doubtful = _first_doubtful(stream)
    stream.seek(0)
    return "utf-8" if doubtful is None else _guess(doubtful)


def spoken(encoding: str) -> str:
    """An encoding's name as people know it."""
    return NAMES.get(encoding, encoding.upper().replace("_", "-"))


def is_known(encoding: str) -> bool:
    """Whether Python can decode text in it."""
    try:
        return bool(codecs.lookup(encoding)._is_text_encoding)
    except (LookupError, ValueError):
        return False


def _unmarked(head: bytes) -> str:
    """UTF-32 or UTF-16 without a mark: it decodes to characters that text has, and to nothing else."""
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        zeros = text.count("\0")
        odd = sum(not character.isprintable() and character not in _LINE_ENDS for character in text) - zeros
        # Latin text in the wrong order is printable too, but has no spaces, commas or line ends.
        n_ascii = sum("\0" < character < "\x80" for character in text)
        if zeros <= 0.02 * len(text) and odd == 0 and n_ascii > 0.04 * len(text):
            return encoding
    return ""


def _first_doubtful(stream: IO[bytes]) -> bytes | None:
    """The part of a file from its first byte that is no UTF-8; None if all of it is. Memory stays below 3 MB."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    while chunk := stream.read(_CHUNK):
        try:
            decoder.decode(chunk)
        except UnicodeDecodeError:
            return before[-4096:] + chunk
        before = chunk
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return before[-4096:]
    return None


def _guess(sample: bytes) -> str:
    high = sum(byte >= 0x80 for byte in sample)
    letters = sum(65 <= byte <= 90 or 97 <= byte <= 122 for byte in sample)
    if high > _MOSTLY_OTHER_SCRIPT * (high + letters):
        from charset_normalizer import from_bytes  # 0.1 s to import

        found = from_bytes(sample[:65536], cp_isolation=_ASKED_ABOUT).best()
        if found is not None:
            return found.encoding
    return next((encoding for encoding, sign in _IN_A_WORD if sign.search(sample)), "cp1252")
