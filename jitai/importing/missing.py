"""Codes for "this person said nothing", as questionnaires and spreadsheets write them.

They are no statements: a judge that is shown "NA" or "-99" would invent a verdict.
"""

import re
import unicodedata
from collections.abc import Collection

MISSING_WORDS = frozenset(
    """
    na|n/a|n.a.|n.a|nan|null|none|nil|nothing|missing|empty|blank|undefined|unknown|void|nr|n/r|no response|no answer|
    no reply|no statement|no text|no data|no entry|no comment|no value|non response|nonresponse|non-response|
    not answered|not applicable|not available|not asked|not given|not provided|not specified|did not answer|
    did not respond|didn't answer|unanswered|no answer given|no response given|skip|skipped|declined|
    declined to answer|refused|refused to answer|rather not say|prefer not to say|prefer not to answer|
    prefer not to respond|i prefer not to say|i'd rather not say|idk|dk|don't know/no answer|
    system missing|sysmis|expired|timeout|timed out|value!|num!|div/0!|ref!|name?|
    null!|spill!|calc!|field!|unknown!|blocked!|connect!|busy!|getting_data|nv|wert!|zahl!|bezug!|valeur!|nombre!|nom?|
    ¡valor!|¡num!|¡ref!|¡div/0!|¡nulo!|¿nombre?|valore!|rif!|nome?|question_not_shown|
    keine angabe|k.a.|keine antwort|sans réponse|pas de réponse|non répondu|sin respuesta|no contesta|ns/nc|
    geen antwoord|ingen svar|inget svar|sem resposta|nessuna risposta|brak odpowiedzi
    """.replace("\n", "")
    .replace("    ", "")
    .split("|")
)
"""What is no statement when it is the whole cell, in small letters and without brackets around it."""
_CODE = re.compile(r"-\d{1,5}([.,]0+)?|(?:77|88|99|777|888|999|7777|8888|9999|99999)([.,]0+)?")
_LONGEST = max(map(len, MISSING_WORDS))
_AROUND = "[](){}<>\"'`*#_"
_SAYS_NOTHING = ("P", "Z", "C", "Sm", "Sk")  # emoji (So) say something


def is_missing(text: str, more: Collection[str] = ()) -> bool:
    """Whether a cell holds no statement.

    Args:
        text: the cell as it is.
        more: further codes, in small letters.
    Returns: True for what is empty, a code for a missing answer, or punctuation only. A number that people do answer,
        such as 1, is none.
    """
    if not more and len(text) > _LONGEST and text[0].isalnum():
        return False  # most statements: not to be looked at word by word
    words = " ".join(text.split()).casefold()
    bare = words.strip(_AROUND).strip()
    if words in more or bare in MISSING_WORDS or _CODE.fullmatch(bare):
        return True
    return all(unicodedata.category(character).startswith(_SAYS_NOTHING) for character in words)


def missing_codes(words: Collection[str]) -> frozenset[str]:
    """A person's own codes in the form in which ``is_missing`` compares them."""
    return frozenset(" ".join(word.split()).casefold() for word in words)
