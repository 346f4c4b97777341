"""The judges without a language model: what they say, what they were trained on, and that no half of a pair leaks."""

import pytest

from jitai.corpus import DEVELOPMENT, TEST, load_part
from jitai.errors import ParameterError
from jitai.records import Decision, Label, Statement, VerdictSource
from jitai.validation import baselines
from jitai.validation.baselines import (
    KEYWORD,
    N_FOLDS,
    TFIDF,
    KeywordJudge,
    TfidfJudge,
    folds,
    joined_groups,
    open_baseline,
)


@pytest.mark.parametrize(
    ("text", "decision"),
    [
        ("My knee hurts", Decision.HOLD_BACK),
        ("My knee doesn't hurt", Decision.SEND),
        ("no pain at all today", Decision.SEND),
        ("I am not feeling well", Decision.HOLD_BACK),
        ("I'm not tired, but my back aches", Decision.HOLD_BACK),
        ("stop texting me", Decision.HOLD_BACK),
        ("Unstoppable", Decision.SEND),
        ("We will chill", Decision.SEND),
        ("I CAN’T WALK", Decision.HOLD_BACK),
        ("me duele la rodilla", Decision.HOLD_BACK),
        ("the kettle is on", Decision.SEND),
    ],
)
def test_keywords_and_simple_negation(text: str, decision: Decision) -> None:
    verdict = KeywordJudge().judge(text)
    assert verdict.decision == decision, verdict.raw_reply
    assert verdict.source == VerdictSource.MODEL
    assert verdict.model
    assert verdict.p_send is not None
    assert (verdict.p_send > 0.5) == (decision == Decision.SEND)


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\x00"])
def test_silence_is_no_answer_of_a_model(text: str) -> None:
    verdict = KeywordJudge().judge(text)
    assert verdict.source == VerdictSource.NO_STATEMENT
    assert verdict.p_send is None


def statements(n_pairs: int = 30) -> list[Statement]:
    made = []
    for pair in range(n_pairs):
        made.append(Statement(f"a{pair}", f"my knee number {pair} hurts badly", Label.CANNOT_WALK, "plain", pair))
        made.append(Statement(f"b{pair}", f"my knee number {pair} feels lovely", Label.CAN_WALK, "plain", pair))
    return made


def test_tfidf_learns_from_its_statements() -> None:
    judge = TfidfJudge(statements())
    for text, decision in (("hurts badly", Decision.HOLD_BACK), ("feels lovely", Decision.SEND)):
        verdict = judge.judge(text)
        assert verdict.decision == decision
        assert "weightiest" in verdict.raw_reply
        assert "not seen" not in verdict.raw_reply


def train_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train in this process, where a test can look on."""
    monkeypatch.setattr(baselines, "call_elsewhere", lambda name, what, call: call())


def test_it_is_trained_on_the_development_part_only(monkeypatch: pytest.MonkeyPatch) -> None:
    trained_on: list[Statement] = []
    asked_for: list[str] = []

    def note_training(items: object) -> baselines.Classifier:
        trained_on.extend(items)  # type: ignore[call-overload]
        raise InterruptedError

    def note_part(part: str) -> tuple[Statement, ...]:
        asked_for.append(part)
        return load_part(part)

    train_here(monkeypatch)
    monkeypatch.setattr(baselines, "train", note_training)
    monkeypatch.setattr(baselines, "load_part", note_part)
    with pytest.raises(InterruptedError):
        TfidfJudge().judge("hello")
    assert asked_for == [DEVELOPMENT]
    assert trained_on == list(load_part(DEVELOPMENT))
    assert not {item.text for item in trained_on} & {item.text for item in load_part(TEST)}


def test_no_pair_is_divided_between_training_and_judging(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a pair says of itself must not help: here the labels of each pair are told by its own word alone."""
    made = statements()
    for rest, held_out in folds(made):
        assert not {item.pair for item in rest} & {item.pair for item in held_out}
        assert len(rest) + len(held_out) == len(made)
    seen: dict[int, set[int]] = {}
    real_train = baselines.train

    def note_training(items: list[Statement]) -> baselines.Classifier:
        model = real_train(items)
        seen[id(model)] = {item.pair for item in items}
        return model

    train_here(monkeypatch)
    monkeypatch.setattr(baselines, "train", note_training)
    judge = TfidfJudge(made)
    assert "has not seen" in judge.judge(made[0].text).raw_reply
    assert len(seen) == N_FOLDS + 1
    models = judge._held_out_models()
    assert all(item.pair not in seen[id(models[item.text])] for item in made)
    assert judge.has_trained_on("  " + made[0].text + " ")
    assert not judge.has_trained_on("something else")


def test_equal_texts_in_two_pairs_count_as_one() -> None:
    made = [
        Statement("a", "same words", Label.CAN_WALK, "plain", 1),
        Statement("b", "other", Label.CANNOT_WALK, "plain", 1),
        Statement("c", " same  words", Label.CAN_WALK, "plain", 2),
        Statement("d", "third", Label.CANNOT_WALK, "plain", 2),
        Statement("e", "alone", Label.CANNOT_WALK, "plain", 3),
    ]
    groups = joined_groups(made)
    assert len(set(groups[:4])) == 1
    assert groups[4] not in groups[:4]


def test_too_few_statements_are_refused() -> None:
    with pytest.raises(ParameterError, match="can_walk"):
        TfidfJudge([item for item in statements() if item.label == Label.CANNOT_WALK])


def test_baselines_are_opened_by_key() -> None:
    assert isinstance(open_baseline(KEYWORD), KeywordJudge)
    with pytest.raises(ParameterError, match=TFIDF):
        open_baseline("bert")
