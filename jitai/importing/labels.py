"""What people call the two labels, and what they mean here."""

import re
from collections.abc import Collection, Mapping

from jitai.errors import ParameterError
from jitai.records import Label
from jitai.sanitise import for_sentence

_CAN = """1|y|yes|t|true|send|good|ok|okay|can|can walk|can_walk|able|able to walk|walk|positive|pos|p|+|available|
receptive|suitable|go|✓|✔|👍|ja|j|oui|o|si|sí|sim|tak|da"""
_CANNOT = """0|n|no|f|false|do not send|do_not_send|don't send|dont send|hold back|bad|not ok|cannot|can't|cannot walk|
cannot_walk|can't walk|cant walk|can not walk|can not|unable|not able|no walk|not walk|negative|neg|-|unavailable|
not available|not receptive|unsuitable|stop|✗|✘|👎|nein|non|nie|não|nee"""
LABEL_WORDS: dict[str, Label] = {
    **dict.fromkeys(_CAN.replace("\n", "").split("|"), Label.CAN_WALK),
    **dict.fromkeys(_CANNOT.replace("\n", "").split("|"), Label.CANNOT_WALK),
}
"""What a label may be called, in small letters: 1, yes, good and send mean that a walking message may be sent."""
ALLOWED_LABELS = "can_walk or cannot_walk (also 1 or 0, yes or no, good or bad, send or do not send)"
_WHOLE_NUMBER = re.compile(r"([+-]?\d+)[.,]0+")


def label_key(text: str) -> str:
    """A label in the form in which labels are compared: small letters, single spaces, 1.0 as 1."""
    key = " ".join(text.replace("’", "'").split()).casefold().strip("\"'")
    whole = _WHOLE_NUMBER.fullmatch(key)
    return whole.group(1) if whole else key


def label_words(can: Collection[str] = (), cannot: Collection[str] = ()) -> Mapping[str, Label]:
    """What labels are called in a file.

    Args:
        can, cannot: a person's own words, which come before ours.
    Raises: ParameterError if a word is in both.
    """
    own_can, own_cannot = {label_key(word) for word in can}, {label_key(word) for word in cannot}
    if both := own_can & own_cannot:
        raise ParameterError(
            f'"{for_sentence(min(both))}" cannot stand for both labels.', "Give each word to one of the two."
        )
    return LABEL_WORDS | dict.fromkeys(own_can, Label.CAN_WALK) | dict.fromkeys(own_cannot, Label.CANNOT_WALK)
