"""Kinds and languages of statements in words that a page can show."""

KINDS = {
    "plain": "Plain",
    "colloquial": "Slang",
    "negation": "“Not”, “never”",
    "conditional_or_past": "“If”, or in the past",
    "time": "Short of time",
    "environment": "Weather and streets",
    "third_person": "About somebody else",
    "long": "Long",
    "injection": "Orders to the judge",
    "consent": "Yes or no to messages",
    "ambiguous": "Ambiguous",
    "non_english": "Not in English",
}
LANGUAGES = {"en": "English", "es": "Spanish", "fr": "French", "de": "German", "pt": "Portuguese"}


def kind_in_words(kind: str) -> str:
    """Return a kind as people call it; one of a person's own file without underscores."""
    return KINDS.get(kind, kind.replace("_", " "))


def language_in_words(code: str) -> str:
    """Return the name of a language; a code of a person's own file as it stands."""
    return LANGUAGES.get(code, code)
