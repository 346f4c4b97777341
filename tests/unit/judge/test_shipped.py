"""Verdicts that come with the lab: found without the model, read like its own replies, and equal to what it says."""

import gzip
import json
import random
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jitai.corpus import CALIBRATION, KINDS, TEST, StatementBook, load_part
from jitai.errors import FileFormatError, ParameterError
from jitai.judge import embedded, shipped
from jitai.judge.base import ModelIdentity, Reply
from jitai.judge.cache import VerdictCache, reply_key
from jitai.judge.calibration import UNCALIBRATED
from jitai.judge.embedded import EMBEDDED, MODEL_DIGEST, TUNED, EmbeddedBackend, find_model_file
from jitai.judge.judge import Judge
from jitai.judge.prompts import Prompt
from jitai.judge.registry import choose_judge, open_judge
from jitai.judge.rules import Rules
from jitai.judge.scripted import ScriptedBackend
from jitai.judge.shipped import ReadByJudge, read_shipped, shipped_content, shipped_replies
from jitai.judge.text import clean_statement
from jitai.records import VerdictSource
from jitai.simulator.config import PRESETS
from jitai.trial.scenario import compose, play
from jitai.trial.spec import TrialSpec

MODEL = ModelIdentity("scripted", "sha256:" + "0" * 64)
SAID = {
    "My knee hurts.": Reply(" bad", {" good": -1.8648971319198608, " bad": -0.48378220200538635}),
    "Off for a run!": Reply(" good", {" good": -0.00010538656351855025, " bad": None}, -21.07649040222168),
}


@pytest.fixture
def content(prompt: Prompt) -> bytes:
    return shipped_content([ReadByJudge("scripted", MODEL, prompt, SAID)])


@pytest.fixture
def file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "shipped.json.gz"
    path.write_bytes(content)
    return path


@pytest.fixture
def no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of the two wheels is installed."""
    monkeypatch.setattr(embedded, "MODEL_PACKAGE", "no_such_package_at_all")
    monkeypatch.setitem(sys.modules, "xllamacpp", None)


def test_replies_are_read_back_to_the_last_digit(file: Path, prompt: Prompt) -> None:
    [judge] = read_shipped(file)
    for text, reply in SAID.items():
        assert judge.get(reply_key(MODEL, prompt, text)) == (reply,)


def test_another_model_or_prompt_finds_nothing(file: Path, prompt: Prompt) -> None:
    [judge] = read_shipped(file)
    text = next(iter(SAID))
    assert judge.get(reply_key(replace(MODEL, digest="sha256:1"), prompt, text)) is None
    assert judge.get(reply_key(replace(MODEL, reader_version="2"), prompt, text)) is None
    assert judge.get(reply_key(MODEL, replace(prompt, version="2"), text)) is None
    changed = replace(prompt.questions[0], head="Other examples. ")
    assert judge.get(reply_key(MODEL, replace(prompt, questions=(changed,)), text)) is None
    assert judge.get(reply_key(MODEL, prompt, "Something else.")) is None


def test_the_same_replies_give_the_same_file(content: bytes, prompt: Prompt) -> None:
    other_order = dict(reversed(SAID.items()))
    assert shipped_content([ReadByJudge("scripted", MODEL, prompt, other_order)]) == content


def test_what_the_file_could_not_hold_exactly_is_refused(prompt: Prompt) -> None:
    odd = {"x": Reply(" bad", {" good": -0.1, " bad": -2.0})}
    with pytest.raises(ParameterError, match="more digits"):
        shipped_content([ReadByJudge("scripted", MODEL, prompt, odd)])


def _with(changes: dict[str, Any], content: bytes, digest_too: bool = False) -> bytes:
    mapping = json.loads(gzip.decompress(content)) | changes
    if digest_too:
        mapping["digest"] = shipped._digest(mapping["judges"])
    return gzip.compress(json.dumps(mapping).encode())


def test_a_damaged_file_is_named_and_nothing_of_it_used(
    file: Path, content: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    [judge] = json.loads(gzip.decompress(content))["judges"]
    damaged = {
        "cut short": content[:-9],
        "is damaged": b"\x1f\x8bnothing",
        "not valid JSON": gzip.compress(b"{"),
        "another format": _with({"format": 2}, content),
        "its digest": _with({"judges": [judge | {"said": [0, 0]}]}, content),
        "not hold what it should": _with({"judges": [judge | {"said": [0]}]}, content, digest_too=True),
        "not hold what": _with({"judges": [{}]}, content, digest_too=True),
        "not hold": _with({"judges": 3}, content, digest_too=True),
        "packed in it": gzip.compress(b" " * (shipped.MAX_UNPACKED_BYTES + 1)),
        "larger than": b"x" * (shipped.MAX_BYTES + 1),
    }
    monkeypatch.setattr(shipped, "FILE", file)
    for said, found in damaged.items():
        file.write_bytes(found)
        with pytest.raises(FileFormatError, match=said):
            read_shipped(file)
        shipped._shipped.cache_clear()
        assert shipped_replies("0" * 64) is None
    assert len(caplog.records) == len(damaged)
    shipped._shipped.cache_clear()


def test_a_shipped_reply_is_read_like_the_models_own_and_called_remembered(
    file: Path, prompt: Prompt, rules: Rules
) -> None:
    [known] = read_shipped(file)
    text = "My knee hurts."
    live = Judge(ScriptedBackend([SAID[text]]), prompt, rules).judge(text)
    silent = ScriptedBackend([])
    judge = Judge(silent, prompt, rules, VerdictCache(shipped=known.get))
    verdict = judge.judge(text)
    assert verdict == replace(live, source=VerdictSource.REMEMBERED, latency_ms=0.0, model_ms=0.0)
    assert judge.remembered(text) == judge.known_everywhere(text) == verdict
    # What is kept are the model's likelihoods: another calibration applies to them.
    fitted = {MODEL.digest: replace(UNCALIBRATED, bias=2.0)}
    other = Judge(silent, replace(prompt, calibrations=fitted), rules, VerdictCache(shipped=known.get))
    assert other.judge(text).p_send != verdict.p_send


def test_what_was_asked_on_this_machine_is_not_known_everywhere(prompt: Prompt, rules: Rules) -> None:
    judge = Judge(ScriptedBackend([SAID["My knee hurts."]]), prompt, rules)
    judge.judge("My knee hurts.")
    kept = judge.remembered("My knee hurts.")
    assert kept is not None and kept.source is VerdictSource.CACHE
    assert judge.known_everywhere("My knee hurts.") is None
    ruled = judge.known_everywhere("do not message me")
    assert ruled is not None and ruled.source is VerdictSource.RULE


@pytest.mark.parametrize("key", [TUNED, EMBEDDED])
def test_every_statement_that_may_be_made_is_there(key: str, no_model: None) -> None:
    """Also where a rule decides now: another rule may not."""
    judge = open_judge(key)
    model, prompt = judge.backend.identity(), judge.prompt
    texts = [clean_statement(item.text).text for part in (TEST, CALIBRATION) for item in load_part(part)]
    missing = [text for text in texts if text and shipped_replies(reply_key(model, prompt, text)) is None]
    assert not missing, f"{len(missing)} of {len(texts)}: write the file anew with `python -m jitai ship-verdicts`"


def test_the_file_is_small() -> None:
    assert shipped.FILE.stat().st_size < 250_000


@pytest.mark.parametrize("key", [TUNED, EMBEDDED])
def test_without_the_model_a_run_is_whole_and_typed_words_say_what_to_install(key: str, no_model: None) -> None:
    judge = open_judge(key)
    spec = TrialSpec(PRESETS["Ability mostly lasts"], seed=7)
    for kinds in (KINDS, ("plain", "negation")):
        scenario = compose(spec, StatementBook(load_part(TEST), kinds), judge=judge.reference(key), kinds=kinds)
        run = play(scenario, judge)
        sources = {record.verdict.source for record in run.records if record.verdict is not None}
        assert VerdictSource.REMEMBERED in sources
        assert not sources & {VerdictSource.FALLBACK, VerdictSource.MODEL, VerdictSource.CACHE}
    typed = judge.judge("I have typed this with my own hands, and my foot hurts.")
    assert typed.is_fallback and "not installed" in typed.failure and "install-model" in typed.failure


def test_without_any_model_the_best_measured_built_in_judge_reads(no_model: None) -> None:
    from jitai.judge.registry import available_judges
    from jitai.judge.user_prompts import PersonalJudging
    from jitai.paths import default_data_dir

    options = available_judges({}, PersonalJudging(default_data_dir()).prompts())
    assert not any(option.usable for option in options)
    assert choose_judge(options) == TUNED


def test_a_judge_that_is_opened_anew_uses_nothing_that_was_shipped(no_model: None) -> None:
    text = load_part(TEST)[0].text
    assert open_judge(TUNED).judge(text).source is VerdictSource.REMEMBERED
    assert open_judge(TUNED, anew=True).judge(text).is_fallback


@pytest.mark.model
def test_the_model_of_the_wheel_is_the_one_whose_digest_is_known() -> None:
    assert EmbeddedBackend(find_model_file()).identity().digest == MODEL_DIGEST
    assert EmbeddedBackend().identity() == EmbeddedBackend(find_model_file()).identity()


@pytest.mark.model
@pytest.mark.parametrize("key", [TUNED, EMBEDDED])
def test_a_sample_is_exactly_what_the_live_model_says(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twenty statements of all kinds; the figures of another processor may differ in their last digits."""
    monkeypatch.setattr(embedded, "_engines", {})  # a model of its own, as in a new process
    statements = [item for part in (TEST, CALIBRATION) for item in load_part(part)]
    sample = random.Random(13).sample(statements, 20)
    with closing(open_judge(key)) as remembers, closing(open_judge(key, anew=True)) as asks:
        for item in sample:
            known, live = remembers.judge(item.text), asks.judge(item.text)
            assert known.source in (VerdictSource.REMEMBERED, VerdictSource.RULE)
            assert live.source in (VerdictSource.MODEL, VerdictSource.RULE)
            assert known.p_send == live.p_send
            assert replace(known, source=live.source, latency_ms=0, model_ms=0) == replace(
                live, latency_ms=0, model_ms=0
            )
