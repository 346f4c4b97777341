"""Whatever lies in a file, an index or an address, reading it ends with its content or with a sentence."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiments.cell_file import read_work
from jitai.experiments.spec_file import read_spec
from jitai.experiments.store import Store
from jitai.files import read_json
from jitai.judge.cache import replies_from_json
from jitai.judge.prompt_file import DEFAULT_PROMPT_FILE, load_prompt
from jitai.judge.rules import DEFAULT_RULES_FILE, load_rules
from jitai.judge.user_prompts import PersonalJudging
from jitai.rl.policy_store import read_policy
from jitai.rl.task import LearningTask
from jitai.rl.train import checkpoint_of
from jitai.trial.query import from_query
from tests.networks import random_network

ODD = [
    "[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 3_000, "9" * 5_000, "1e999", "-1e999", "NaN", "[-Infinity]",
    '"\\ud800"', '{"\\udcff": "\\ud83d"}', '{"a": 1, "a": 2}', "", "null", "true", "0", "[]", "{}", '""', "\ufeff{}",
    "{", "\x00", str(2**70), '{"format": 1, "layers": [[]]}', "!!python/object:os.system x", "&a [*a]",
    "a: &a [*a, *a]",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(2**62, 2**80), st.floats(), st.text(max_size=8),
    st.text(st.characters(exclude_categories=()), max_size=4),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=8), inner, max_size=4)),
    max_leaves=12,
)
ANY_BYTES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(ODD).map(lambda text: text.encode("utf-8", "surrogatepass")),
    TREES.map(lambda tree: json.dumps(tree).encode()),
    TREES.map(lambda tree: json.dumps(tree, ensure_ascii=False).encode("utf-8", "surrogatepass")),
)
SOUND = {
    "prompt": json.loads(DEFAULT_PROMPT_FILE.read_text(encoding="utf-8")),
    "rules": json.loads(DEFAULT_RULES_FILE.read_text(encoding="utf-8")),
    "policy": json.loads(json.dumps(random_network().as_mapping())),
    "description": {"name": "x", "policies": ["never"], "seeds": {"first": 0, "count": 2}, "scenarios": {}},
}


def paths_of(tree: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a tree of JSON values."""
    keys = tree.keys() if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    inside = [place for key in keys for place in paths_of(tree[key], (*before, key))]
    return [before, *inside]


def changed(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The tree with another value in one place."""
    if not place:
        return value
    first, *rest = place
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[first] = changed(tree[first], tuple(rest), value)
    return copy


def nearly(name: str) -> st.SearchStrategy[bytes]:
    """A sound file with something else in one place."""
    places = st.sampled_from(paths_of(SOUND[name]))
    return st.tuples(places, TREES).map(lambda pair: json.dumps(changed(SOUND[name], *pair)).encode())


def only_our_errors(
    read: Callable[[Path], object], content: bytes, allowed: type[JitaiError] = FileFormatError
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.json"
        path.write_bytes(content)
        try:
            read(path)
        except allowed as error:
            assert "file.json" in str(error) or allowed is not FileFormatError, error
            error.in_full.encode("utf-8")


@settings(max_examples=400)
@given(ANY_BYTES, st.booleans())
def test_the_reader(content: bytes, only_finite: bool) -> None:
    try:
        found = read_json(content, "It", 100_000, only_finite=only_finite)
    except FileFormatError as error:
        assert str(error).startswith("It cannot be used: ")
    else:
        text = json.dumps(found, ensure_ascii=False, allow_nan=not only_finite)
        assert read_json(text.encode("utf-8"), only_finite=False) is not None or found is None


@settings(max_examples=100)
@given(st.one_of(ANY_BYTES, nearly("prompt")))
def test_prompts(content: bytes) -> None:
    only_our_errors(load_prompt, content)


@settings(max_examples=100)
@given(st.one_of(ANY_BYTES, nearly("rules")))
def test_rules(content: bytes) -> None:
    only_our_errors(load_rules, content)


@settings(max_examples=100)
@given(st.one_of(ANY_BYTES, nearly("policy")))
def test_policies(content: bytes) -> None:
    only_our_errors(read_policy, content)


@settings(max_examples=100)
@given(st.one_of(ANY_BYTES, nearly("description")))
def test_descriptions(content: bytes) -> None:
    only_our_errors(read_spec, content, JitaiError)


CALIBRATION = st.fixed_dictionaries(
    {"scale": SCALARS, "bias": SCALARS}, optional={"model": SCALARS, "fitted_on": TREES, "measured": TREES}
)


@settings(max_examples=100)
@given(
    st.one_of(
        ANY_BYTES,
        st.dictionaries(st.text(max_size=4), st.dictionaries(st.just("sha256:1"), CALIBRATION)).map(
            lambda tree: json.dumps(tree).encode()
        ),
    )
)
def test_calibrations(content: bytes) -> None:
    with TemporaryDirectory() as folder:
        (Path(folder) / "calibrations.json").write_bytes(content)
        assert PersonalJudging(Path(folder)).prompts()


STATES = st.fixed_dictionaries(
    {"n_steps": SCALARS, "n_seeds": SCALARS, "seconds": SCALARS, "judge": SCALARS,
     "curve": st.one_of(SCALARS, st.lists(st.lists(SCALARS, max_size=5), max_size=2))}
).map(lambda tree: json.dumps(tree).encode())  # fmt: skip


@settings(max_examples=100)
@given(st.one_of(ANY_BYTES, STATES))
def test_a_training_that_was_stopped(content: bytes) -> None:
    task = LearningTask()
    with TemporaryDirectory() as folder:
        (Path(folder) / task.digest).mkdir()
        (Path(folder) / task.digest / "state.json").write_bytes(content)
        checkpoint_of(task, Path(folder))


@settings(max_examples=60)
@given(ANY_BYTES)
def test_what_a_cell_says_of_itself(content: bytes) -> None:
    def read(path: Path) -> None:
        pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({b"jitai": content}), path)
        read_work(path)

    only_our_errors(read, b"")


@settings(max_examples=40)
@example("spec", b"[]")
@example("versions", b"[]")
@example("figures", b"[]")
@given(st.sampled_from(["spec", "versions", "figures"]), ANY_BYTES)
def test_the_index_of_a_store(column: str, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.json"
        path.write_text(json.dumps(SOUND["description"]), encoding="utf-8")
        store, spec = Store(Path(folder)), read_spec(path)
        identifier = store.begin(spec)
        store.place(identifier, ["k"])
        index = sqlite3.connect(Path(folder) / "index.sqlite")
        with index:
            index.execute("insert into cells values ('k', '{}', x'', 0, 0, '', 0)")
            table = "cells" if column == "figures" else "experiments"
            index.execute(f"update {table} set {column} = ?", (content.decode("utf-8", "replace"),))
        index.close()
        assert len(store.experiments()) + len(store.unreadable()) == 1
        try:
            store.cells(identifier)
        except JitaiError as error:
            assert str(error)


@settings(max_examples=200)
@given(ANY_BYTES)
def test_replies_of_the_cache(content: bytes) -> None:
    found = replies_from_json(content.decode("utf-8", "replace"))
    assert found is None or all(isinstance(reply.text, str) for reply in found)


@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(["participant", "policy", "seed", "filter", "study_length", "context_noise", "x"]),
        st.one_of(st.text(max_size=12), st.sampled_from(ODD), st.floats().map(str), st.integers().map(str)),
    )
)
def test_addresses(query: dict[str, str]) -> None:
    try:
        from_query(query)
    except ParameterError as error:
        assert str(error)


@pytest.mark.parametrize("content", ODD)
def test_odd_files(content: str) -> None:
    for read, allowed in ((load_prompt, FileFormatError), (load_rules, FileFormatError), (read_policy, FileFormatError),
                          (read_spec, JitaiError)):  # fmt: skip
        with TemporaryDirectory() as folder:
            path = Path(folder) / "file.json"
            path.write_bytes(content.encode("utf-8", "surrogatepass"))
            with pytest.raises(allowed):
                read(path)
