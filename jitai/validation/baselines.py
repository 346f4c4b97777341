"""Two judges without a language model, to know what the language model is worth.

A list of keywords, and a linear classifier on word and character n-grams trained on the development part. Both give
verdicts like ``jitai.judge.judge.Judge``: the same cleaning, an unsure band, and an exact account of why in
``raw_reply``.
"""

import math
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from jitai.background_process import call_elsewhere
from jitai.corpus import DEVELOPMENT, load_part
from jitai.decision import DEFAULT_BAND
from jitai.errors import ParameterError
from jitai.judge.text import clean_statement
from jitai.records import SILENCE, Label, Statement, Verdict, VerdictSource
from jitai.text_format import counted
from jitai.validation.keywords import AGAINST, IN_FAVOUR, NEGATIONS, REACH

KEYWORD, TFIDF = "keyword", "tfidf"
BASELINE_LABELS = {KEYWORD: "Keyword list", TFIDF: "TF-IDF + logistic regression"}
"""The baselines by key, with the names shown to people."""
N_FOLDS = 5
FOLD_SEED = 0
MIN_ROWS_A_LABEL = 2 * N_FOLDS
INVERSE_PENALTY = 3.0
"""scikit-learn's C, chosen among 1, 3 and 10 by cross-validation on the development part."""
_TRAINING = "tf-idf", "The training of the baseline"
"""In a process of its own: ten seconds of Python, the cleaning of 4,000 texts included, for which every page waits."""
_WORD_PATTERN = r"(?u)[\w']+"
_N_TERMS_SHOWN = 8


class _Score(NamedTuple):
    """A baseline's result on a cleaned statement: P(send), and the explanation."""

    p_send: float
    account: str


class Classifier(NamedTuple):
    """A trained classifier.

    Attributes:
        pipeline: scikit-learn's; its predict_proba gives P(cannot walk), P(can walk).
        term_names: of its columns.
    """

    pipeline: Any
    term_names: Sequence[str]


class KeywordJudge:
    """Counts words that speak against or for a walk; see ``keywords``. Its P(send) is a score, not calibrated."""

    name = "keyword list"

    def judge(self, text: str) -> Verdict:
        """Return the verdict on any text; never raises."""
        return _verdict(text, self.name, _read_keywords)


def _read_keywords(statement: str) -> _Score:
    """Return P(send) from the hits: one word against outweighs one in favour; without hits the answer is "can walk"."""
    lowered = statement.lower().replace("’", "'")
    against, in_favour, account = 0, 0, []
    for expression, speaks_against in ((_AGAINST, True), (_IN_FAVOUR, False)):
        for hit in expression.finditer(lowered):
            negated = _is_negated(lowered[: hit.start()])
            against += speaks_against != negated
            in_favour += speaks_against == negated
            account.append(f"{'not ' if negated else ''}{hit.group().strip()}")
    p_send = 1 / (1 + math.exp(-(1.0 + in_favour - 2.5 * against)))
    return _Score(p_send, "found: " + ", ".join(account) if account else "found none of its words")


def _expression(beginnings: Sequence[str]) -> re.Pattern[str]:
    """Return an expression that finds any of these beginnings at the start of a word, the longest first."""
    longest_first = sorted(beginnings, key=len, reverse=True)
    alternatives = (re.escape(item.strip()) + (r"\b" if item.endswith(" ") else "") for item in longest_first)
    return re.compile(rf"(?<!\w)(?:{'|'.join(alternatives)})")


_AGAINST, _IN_FAVOUR = _expression(AGAINST), _expression(IN_FAVOUR)
_NEGATION = re.compile(
    rf"(?<![\w'])(?:{'|'.join(map(re.escape, NEGATIONS))})(?![\w'])(?:\W+[\w']+){{0,{REACH - 1}}}\W*$"
)
_CLAUSE_END = re.compile(r"[.!?;:,\n]|\bbut\b")


def _is_negated(before: str) -> bool:
    """Return whether a negation in the same clause stands at most REACH words before what follows this text."""
    clause = _CLAUSE_END.split(before)[-1]
    return _NEGATION.search(clause) is not None


class TfidfJudge:
    """Logistic regression on TF-IDF weights of words, word pairs and character n-grams.

    A statement that is among those trained on is judged by a model that has seen neither it nor its pair (grouped
    cross-validation), so its figures on the development part are honest too. Models are trained on first use.

    Args:
        statements: to train on, by default the development part; nothing of the test part ever.
    Raises: ParameterError if there are too few of a label to train and to cross-validate.
    """

    name = "TF-IDF + logistic regression"

    def __init__(self, statements: Sequence[Statement] | None = None) -> None:
        self._statements = tuple(load_part(DEVELOPMENT) if statements is None else statements)
        for label in Label:
            n_rows = sum(item.label == label for item in self._statements)
            if n_rows < MIN_ROWS_A_LABEL:
                raise ParameterError(
                    f"{counted(n_rows, 'statement is', 'statements are')} labelled {label}: at least "
                    f"{MIN_ROWS_A_LABEL} are needed to train on."
                )
        self._lock = threading.Lock()
        self._whole: tuple[Classifier, frozenset[str]] | None = None
        self._models_by_text: dict[str, Classifier] | None = None

    def judge(self, text: str) -> Verdict:
        """Return the verdict on any text; never raises. The first question waits a few seconds for the training."""
        self._model_for_new_texts()
        return _verdict(text, self.name, self._read)

    def warm_up(self) -> None:
        """Train the model for new texts, if it is not trained yet."""
        self._model_for_new_texts()

    def _model_for_new_texts(self) -> tuple[Classifier, frozenset[str]]:
        """Return the model, and the cleaned texts that it was trained on."""
        with self._lock:
            if self._whole is None:
                self._whole = call_elsewhere(*_TRAINING, partial(_train_whole, self._statements))
            return self._whole

    def has_trained_on(self, text: str) -> bool:
        """Return whether a text, once cleaned, is among those trained on; cross-validation then judges it."""
        return clean_statement(text).text in self._model_for_new_texts()[1]

    def _read(self, statement: str) -> _Score:
        whole, texts = self._model_for_new_texts()
        held_out = statement in texts
        model = self._held_out_models()[statement] if held_out else whole
        p_send = float(model.pipeline.predict_proba([statement])[0, 1])
        account = "by a model that has not seen this statement's pair; " if held_out else ""
        return _Score(p_send, account + "weightiest: " + ", ".join(weightiest_terms(model, statement)))

    def _held_out_models(self) -> dict[str, Classifier]:
        """Return, for each statement trained on, a model that was trained without its fold."""
        with self._lock:
            if self._models_by_text is None:
                self._models_by_text = call_elsewhere(*_TRAINING, partial(_train_held_out, self._statements))
            return self._models_by_text


@cache
def tfidf_judge() -> TfidfJudge:
    """Return the process's one TF-IDF judge, which is trained on the development part when first asked."""
    return TfidfJudge()


def open_baseline(key: str) -> KeywordJudge | TfidfJudge:
    """Return the baseline of a key; training, if it is needed, takes a few seconds once a process.

    Raises: ParameterError for any other key.
    """
    if key == KEYWORD:
        return KeywordJudge()
    if key == TFIDF:
        judge = tfidf_judge()
        judge.warm_up()
        return judge
    raise ParameterError(f'There is no baseline "{key}": allowed are {", ".join(BASELINE_LABELS)}.')


def train(statements: Sequence[Statement]) -> Classifier:
    """Fit the classifier to statements of both labels, MIN_ROWS_A_LABEL of each at least."""
    # On first use: scikit-learn takes a second to import, and no page waits for it.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline, make_union

    # "can't" and "no" are what it is about, so words of one letter and apostrophes count and no stop words go.
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2, token_pattern=_WORD_PATTERN)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True, min_df=2)
    classifier = LogisticRegression(C=INVERSE_PENALTY, solver="liblinear", random_state=0)
    model = Pipeline([("terms", make_union(words, characters)), ("classifier", classifier)])
    labels = [item.label == Label.CAN_WALK for item in statements]
    model.fit([clean_statement(item.text).text for item in statements], labels)
    names = [name.partition("__")[2] for name in model["terms"].get_feature_names_out()]
    return Classifier(model, names)


def _train_whole(statements: Sequence[Statement]) -> tuple[Classifier, frozenset[str]]:
    return train(statements), frozenset(clean_statement(item.text).text for item in statements)


def _train_held_out(statements: Sequence[Statement]) -> dict[str, Classifier]:
    by_text: dict[str, Classifier] = {}
    for rest, held_out in folds(statements):
        model = train(rest)
        by_text |= {clean_statement(item.text).text: model for item in held_out}
    return by_text


def folds(statements: Sequence[Statement]) -> list[tuple[list[Statement], list[Statement]]]:
    """Return N_FOLDS divisions into what is trained on and what is held out; a pair is never divided.

    Equal texts count as one pair, whatever their numbers.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = joined_groups(statements)
    labels = [item.label.value for item in statements]
    splitter = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=FOLD_SEED)
    return [
        ([statements[index] for index in rest], [statements[index] for index in held_out])
        for rest, held_out in splitter.split(np.zeros(len(statements)), labels, groups)
    ]


def joined_groups(statements: Sequence[Statement]) -> list[int]:
    """Return the pair of each statement; pairs that share a text count as one."""
    leader: dict[int, int] = {}

    def first_of(pair: int) -> int:
        while leader.setdefault(pair, pair) != pair:
            pair = leader[pair]
        return pair

    pair_of_text: dict[str, int] = {}
    for item in statements:
        text = clean_statement(item.text).text
        leader[first_of(item.pair)] = first_of(pair_of_text.setdefault(text, item.pair))
    return [first_of(item.pair) for item in statements]


def weightiest_terms(model: Classifier, statement: str) -> list[str]:
    """Return the terms that moved the classifier most, with their part of the log-odds of "can walk"."""
    weights = model.pipeline["terms"].transform([statement])
    parts = weights.data * model.pipeline["classifier"].coef_[0][weights.indices]
    largest = np.argsort(-np.abs(parts))[:_N_TERMS_SHOWN]
    return [f'"{model.term_names[weights.indices[index]]}" {parts[index]:+.2f}' for index in largest]


def _verdict(text: str, name: str, read: Callable[[str], _Score]) -> Verdict:
    """Return a baseline's verdict in the form of the judge's verdicts."""
    started = time.perf_counter()
    statement = clean_statement(text)
    if statement.text:
        p_send, account = read(statement.text)
        reason = f"The {name} gives sending a message {100 * p_send:.0f} in 100."
        verdict = Verdict(
            DEFAULT_BAND.decide(p_send),
            p_send,
            VerdictSource.MODEL,
            reason,
            statement.text,
            raw_reply=account,
            model=name,
        )
    else:
        verdict = SILENCE
    elapsed_ms = (time.perf_counter() - started) * 1e3
    return replace(verdict, notes=statement.notes, latency_ms=elapsed_ms)
