"""Policies as files: those of the project, those of the person, and files that are none."""

import json
from pathlib import Path

import pytest

from jitai.errors import FileFormatError, ParameterError
from jitai.rl.policy_store import MAX_BYTES, PolicyStore, policy_text, read_policy, write_policy
from tests.networks import random_network


@pytest.fixture
def shelf(tmp_path: Path) -> PolicyStore:
    shipped = tmp_path / "shipped"
    write_policy(random_network(seed=1), shipped / "ours.json")
    return PolicyStore(tmp_path / "data", shipped)


def test_a_file_holds_the_very_policy(tmp_path: Path) -> None:
    network = random_network()
    write_policy(network, tmp_path / "new" / "policy.json")
    assert read_policy(tmp_path / "new" / "policy.json") == network
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["policy.json"]


def test_own_policies_stand_beside_the_project_s(shelf: PolicyStore) -> None:
    mine = random_network(seed=2)
    assert shelf.save(mine, "mine").is_own
    assert [(item.name, item.is_own) for item in shelf.policies()] == [("ours", False), ("mine", True)]
    assert shelf.get("mine") == mine and shelf.get("ours") == random_network(seed=1)
    assert shelf.policies()[1].label == "random (mine)"
    shelf.save(random_network(seed=3), "mine")
    assert shelf.get("mine") == random_network(seed=3)
    shelf.delete("mine")
    assert len(shelf.policies()) == 1
    with pytest.raises(ParameterError, match="did you mean 'ours'"):
        shelf.get("our")
    with pytest.raises(ParameterError, match="no trained policy of your own"):
        shelf.delete("ours")


def test_a_policy_is_known_by_its_content(shelf: PolicyStore) -> None:
    assert shelf.name_of(random_network(seed=1)) == "ours"
    assert shelf.name_of(None) == shelf.name_of(random_network(seed=2)) == ""
    shelf.save(random_network(seed=2), "mine")
    assert shelf.name_of(random_network(seed=2)) == "mine"
    shelf.save(random_network(seed=3), "mine")
    assert (shelf.name_of(random_network(seed=2)), shelf.name_of(random_network(seed=3))) == ("", "mine")


@pytest.mark.parametrize(
    ("wish", "name"),
    [
        ("ppo.json", "ppo"),
        ("../../x y.json", "x-y"),
        ("政策", "policy"),
        ("ours.json", "ours-3"),
        ("A" * 99, "a" * 32),
    ],
)
def test_a_free_name_is_allowed_and_not_taken(shelf: PolicyStore, wish: str, name: str) -> None:
    shelf.save(random_network(), "ours-2")
    assert shelf.free_name(wish) == name
    shelf.save(random_network(), shelf.free_name(wish))


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "a/b", "x" * 41, ".hidden", "a.json"])
def test_a_name_that_is_no_file_s_is_refused(shelf: PolicyStore, name: str) -> None:
    with pytest.raises(ParameterError, match="at most 40"):
        shelf.save(random_network(), name)
    with pytest.raises(ParameterError, match="at most 40"):
        shelf.delete(name)


def test_the_project_s_names_are_taken(shelf: PolicyStore) -> None:
    with pytest.raises(ParameterError, match="belongs to a policy of the project"):
        shelf.save(random_network(), "ours")


def test_a_bad_file_is_listed_with_what_is_wrong(shelf: PolicyStore) -> None:
    shelf.folder.mkdir(parents=True)
    (shelf.folder / "bad.json").write_text("{}")
    (shelf.folder / "BAD NAME.json").write_text("{}")
    _, bad = shelf.policies()
    assert bad.name == bad.label == "bad" and bad.network is None and "format" in bad.problem
    with pytest.raises(FileFormatError, match=r"bad\.json cannot be used"):
        shelf.get("bad")


def wrong_settings(part: str, values: object) -> str:
    content = json.loads(policy_text(random_network()))
    content["trained_on"][part] = values
    return json.dumps(content)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
        (b" " * (MAX_BYTES + 1), "larger than 2,000,000 bytes"),
        (b"[]", "JSON object"),
        (wrong_settings("participants", [{"study_length": 9999}]).encode(), "study_length"),
        (wrong_settings("participants", [{"context_noise": 10**400}]).encode(), "too large"),
        (wrong_settings("participants", [{"study_length": 10**400}]).encode(), "too large"),
        (wrong_settings("participants", [{}, {"colour": 1}]).encode(), "colour"),
        (wrong_settings("belief", {"false_alarms": 7}).encode(), "false_alarms"),
        (wrong_settings("filter", "sieve").encode(), "sieve"),
    ],
)
def test_what_is_no_policy_is_refused_in_a_sentence(tmp_path: Path, text: bytes, words: str) -> None:
    path = tmp_path / "policy.json"
    path.write_bytes(text)
    with pytest.raises(FileFormatError, match=words) as refused:
        read_policy(path)
    assert "policy.json" in str(refused.value)


def test_a_missing_file_and_a_closed_folder(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="cannot be read"):
        read_policy(tmp_path / "none.json")
    (tmp_path / "file").write_text("")
    with pytest.raises(FileFormatError, match="cannot be written"):
        write_policy(random_network(), tmp_path / "file" / "policy.json")
