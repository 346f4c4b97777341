"""The form of a message, told apart from what it says: what phones, mail programs and habits of typing add to it.

The judge has learnt to read ordinary sentences. What can safely be brought back to one is brought back here; what may
carry meaning (an emoji alone, an answer in capitals of one word) is left. Nothing here asks what a sentence means.
"""

import html
import re
import unicodedata

_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_WRITTEN_ESCAPE = re.compile(r"\\(?:r\\n|[nrt])")
_LOOKS_LIKE_A_LETTER = ("<font>", "<wide>", "<narrow>", "<circle>", "<square>")
"""Compatibility decompositions (Unicode Standard Annex 15) of letters in fancy dress: mathematical, full-width ...
The others, such as an ellipsis or a fraction, are ordinary writing."""
_SIGNATURE_RULE = re.compile(r"^\s*(?:-- ?|__+|—)\s*$")
_SIGNATURE = re.compile(
    r"(?:^|(?<=[\s.!?…]))(?:"
    r"(?:Sent|Written) (?:from|via|using|with|by) (?:my |the )?\w[\w .+-]{0,40}"
    r"|Get Outlook for \w+"
    r"|(?:Von|Gesendet (?:von|mit|über)) (?:meinem |der |dem )?\w[\w .+-]{0,30}(?: gesendet)?"
    r"|Enviad[oa] (?:desde|do|pelo|con|com) (?:mi |meu |el |o )?\w[\w .+-]{0,30}"
    r"|Envoyé (?:de|depuis|à partir de) (?:mon |l')?\w[\w .+-]{0,30}"
    r")[.!]?\s*$"
)
"""At the very end, with its capital: "the results were sent from my doctor" has none."""
_SIGNED_DEVICE = re.compile(
    r"iPhone|iPad|iOS|Android|Galaxy|Samsung|Huawei|Xiaomi|Pixel|Nokia|BlackBerry|Outlook|Mail|mobile|phone|Handy"
    r"|Smartphone|tablet|móvil|celular|telemóvel|téléphone|portable|Yahoo|Gmail|Proton",
    re.IGNORECASE,
)
_LAUGH = r"(?:lo+l+|lmf?ao+|rofl|(?:a?ha){2,}h?|(?:he){2,}h?|(?:ja){2,}j?|(?:rs){2,}|k{3,}|p?mdr+|xd+)"
_LAUGHTER = re.compile(rf"^\s*{_LAUGH}(?![^\s.,!?…])[\s.,!…]*|\s+{_LAUGH}(?![^\s.,!?…])", re.IGNORECASE)
_EMOJI = re.compile(
    "[\U0001f000-\U0001fbff\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d\u20e3\U000e0020-\U000e007f]+"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_START = re.compile(r"(?:^|[.!?…]\s+)[^\w]*(\w)")
_LONE_I = re.compile(r"\bi(?=\b(?:['’](?:m|ll|d|ve)\b)?)")
_SHOUTED_SHARE = 0.8
_CAPITALISED_SHARE = 0.9
_MIN_SHOUTED_LETTERS = 5
"""Shorter is an abbreviation: "OK", "ADHD"."""
_MIN_TITLE_WORDS = 4
_MIN_WORDS_BESIDE_EMOJI = 3
"""Beside so many words, an emoji is ornament. A heart behind each of 160 calibration statements let the judge miss
42 of 100 who cannot walk instead of 14. Beside fewer words, it may be what is said."""

# ZERO WIDTH JOINER holds composed emoji together; every other invisible format character goes.
_KEPT_FORMAT_CHARACTERS = {"\u200d"}
# Emoji newer than this Python's Unicode tables count as "unassigned", but somebody did say something.
_EMOJI_PLANE = range(0x1F000, 0x1FB00)


def plain_form(raw: str) -> str:
    """Return what somebody wrote as an ordinary message.

    Args:
        raw: any text, line breaks included.
    Returns: the text without HTML entities, letters in fancy dress, quoted lines, signatures, laughter, ornament, and
        capitals throughout or at every word. Where nothing else would be left, what was written.
    """
    text = _WRITTEN_ESCAPE.sub("\n", _without_entities(raw))
    # What is not seen goes first: it would part words, and make others of them when it goes later.
    text = "".join(_plain_letter(character) for character in text if not is_invisible(character))
    text = _or_all(_without_signature(_or_all(_without_quotes(text), text)), text)
    return _ordinary_case(_or_all(_without_laughter(text), text))


def _without_entities(text: str) -> str:
    """Decode HTML entities, also those that were encoded more than once."""
    for _ in range(5):
        decoded = _ENTITY.sub(lambda found: html.unescape(found[0]), text)
        if decoded == text:
            break
        text = decoded
    return text


def is_invisible(character: str) -> bool:
    """Whether a character shows nothing: a format character, one of private use, or an unassigned one."""
    if unicodedata.category(character) not in ("Cf", "Co", "Cn"):
        return False
    return character not in _KEPT_FORMAT_CHARACTERS and ord(character) not in _EMOJI_PLANE


def _plain_letter(character: str) -> str:
    if unicodedata.decomposition(character).startswith(_LOOKS_LIKE_A_LETTER):
        return unicodedata.normalize("NFKC", character)
    return character


def _or_all(shorter: str, text: str) -> str:
    """Return the shorter text if it has words, otherwise the whole."""
    return shorter if any(character.isalnum() for character in shorter) else text


def _without_quotes(text: str) -> str:
    """Leave out lines that begin with ">", and a line that announces them ("On Monday, Ann wrote:")."""
    lines = text.split("\n")
    quoted = [line.lstrip().startswith(">") for line in lines]
    announced = [
        line.rstrip().endswith(":") and following for line, following in zip(lines, [*quoted[1:], False], strict=True)
    ]
    kept = zip(lines, quoted, announced, strict=True)
    return "\n".join(line for line, is_quoted, announces in kept if not (is_quoted or announces))


def _without_signature(text: str) -> str:
    """Leave out what follows a line of dashes, and what a mail program signs with."""
    lines = text.rstrip().split("\n")
    for number, line in enumerate(lines[1:], start=1):
        if _SIGNATURE_RULE.match(line):
            lines = lines[:number]
            break
    text = "\n".join(lines)
    found = _SIGNATURE.search(text[-200:])
    if found is None or not _SIGNED_DEVICE.search(found[0]):
        return text
    return text[: len(text) - len(text[-200:]) + found.start()]


def _without_laughter(text: str) -> str:
    """Leave out "lol" and "haha", and emoji that stand beside a sentence."""
    text = _LAUGHTER.sub("", text)
    return _EMOJI.sub(" ", text) if len(_WORD.findall(text)) >= _MIN_WORDS_BESIDE_EMOJI else text


def _ordinary_case(text: str) -> str:
    """Write a text that shouts, or begins each word with a capital, as a sentence."""
    letters = [character for character in text if character.isalpha() and character.lower() != character.upper()]
    words = _WORD.findall(text)
    shouts = len(letters) >= _MIN_SHOUTED_LETTERS and (
        sum(letter.isupper() for letter in letters) >= _SHOUTED_SHARE * len(letters)
    )
    is_title = len(words) >= _MIN_TITLE_WORDS and (
        sum(word[0].isupper() for word in words) >= _CAPITALISED_SHARE * len(words)
    )
    if not (shouts or is_title):
        return text
    small = _LONE_I.sub("I", text.lower())
    return _SENTENCE_START.sub(lambda found: found[0][:-1] + found[1].upper(), small)
