"""Rules that decide before any model is asked: explicit wishes, and statements without words.

A participant who writes "please stop messaging me" is taken at their word, whatever a model makes of the sentence.
Emoji alone go by a table. The patterns and the tables are data: assets/prompts/rules.json.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from jitai.judge.prompt_file import PROMPTS_FOLDER, JsonReader
from jitai.records import Decision

DEFAULT_RULES_FILE = PROMPTS_FOLDER / "rules.json"

EMOJI_P_SEND = {Decision.SEND: 0.9, Decision.HOLD_BACK: 0.1}
"""P(send) of a statement that is nothing but emoji of one table: our choice, because an emoji may mean much."""

_SKIN_TONES = re.compile("[\U0001f3fb-\U0001f3ff]")
_VARIATION_SELECTORS = re.compile("[\ufe0e\ufe0f]")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`]")


@dataclass(frozen=True)
class RuleVerdict:
    """The verdict of a rule.

    Attributes:
        decision: send, do not send or unsure.
        p_send: in [0, 1].
        reason: one sentence.
    """

    decision: Decision
    p_send: float
    reason: str


@dataclass(frozen=True)
class Rules:
    """The rules of one file.

    Attributes:
        version: of the file.
        opt_out: language and compiled pattern of each explicit wish not to be written to.
        cannot_walk_emoji, can_walk_emoji: without skin tones and variation selectors.
    """

    version: str
    opt_out: tuple[tuple[str, re.Pattern[str]], ...] = ()
    cannot_walk_emoji: tuple[str, ...] = ()
    can_walk_emoji: tuple[str, ...] = ()

    def apply(self, statement: str) -> RuleVerdict | None:
        """Return the verdict of the first rule that applies to a cleaned statement; None where none does."""
        words = _APOSTROPHES.sub("'", unicodedata.normalize("NFKC", statement))
        for language, pattern in self.opt_out:
            if pattern.search(words):
                return RuleVerdict(
                    Decision.HOLD_BACK, 0.0, f"The participant asks not to be messaged (a rule, language {language})."
                )
        return self._without_words(statement)

    def _without_words(self, statement: str) -> RuleVerdict | None:
        """Return the verdict on a statement without letters and digits; None for any other."""
        if any(unicodedata.category(character)[0] in "LN" for character in statement):
            return None
        emoji = _plain_emoji(statement)
        says_cannot = any(sign in emoji for sign in self.cannot_walk_emoji)
        says_can = any(sign in emoji for sign in self.can_walk_emoji)
        if says_cannot == says_can:
            which = "emoji that contradict each other" if says_can else "signs that no rule knows"
            return RuleVerdict(Decision.UNSURE, 0.5, f"The statement has no words, only {which}.")
        decision, meaning = (
            (Decision.HOLD_BACK, "cannot walk") if says_cannot else (Decision.SEND, "nothing against walking")
        )
        return RuleVerdict(
            decision, EMOJI_P_SEND[decision], f"The statement has no words, only emoji that a rule reads as: {meaning}."
        )


def load_rules(path: Path = DEFAULT_RULES_FILE) -> Rules:
    """Read a rules file.

    Raises: FileFormatError, with the file's name and what is missing or wrong in it.
    """
    # On first use: pydantic takes a moment to import.
    from jitai.file_models import validated
    from jitai.judge.prompt_models import RulesFile

    reader = JsonReader(path)
    file = validated(RulesFile, reader.load(), reader.error)
    opt_out = []
    for item in file.opt_out:
        try:
            opt_out.append((item.language, re.compile(item.pattern, re.IGNORECASE)))
        except re.error as error:
            raise reader.error(
                f'a pattern for "{item.language[:20]}" is no regular expression ({error.msg})'
            ) from error
    return Rules(
        version=file.version,
        opt_out=tuple(opt_out),
        cannot_walk_emoji=tuple(_plain_emoji(sign) for sign in file.cannot_walk_emoji),
        can_walk_emoji=tuple(_plain_emoji(sign) for sign in file.can_walk_emoji),
    )


def _plain_emoji(text: str) -> str:
    """Return the text without the characters that only change how an emoji looks."""
    return _VARIATION_SELECTORS.sub("", _SKIN_TONES.sub("", text))
