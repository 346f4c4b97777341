"""Registries: what is listed, what is refused, and settings to and from plain values."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, make_dataclass
from typing import Any

import pytest

from jitai.errors import ParameterError
from jitai.experiments.spec import Method, method_as_mapping
from jitai.parameters import choice, parameter, validate
from jitai.policies.baselines import GenericPolicy
from jitai.policies.network import PolicyNetwork
from jitai.policies.registry import METHOD_FIELDS, POLICIES, PolicySpec
from jitai.registry import NoSettings, Registry, as_mapping
from jitai.trial.filters import FILTERS, VETO, BeliefVetoSettings, FilterSettings, FilterSpec, filter_spec
from tests.networks import random_network


def size(default: float = 2.0, **changes: Any) -> Any:
    described: dict[str, Any] = {
        "label": "Size", "low": 0, "high": 10, "unit": "steps", "group": "Pets", "source": "a test",
        "help": "How large.",
    }  # fmt: skip
    return parameter(default, **(described | changes))


@dataclass(frozen=True)
class PetSettings:
    size: float = size()
    loud: bool = choice(True, label="Loud", group="Pets", source="a test", help="Whether it is loud.")

    def __post_init__(self) -> None:
        validate(self)


@dataclass(frozen=True)
class BirdSettings(PetSettings):
    wings: int = size(2, label="Wings")


class Cat:
    key, label, Settings = "cat", "The cat", PetSettings


class Dog:
    key, label, Settings = "dog", "The dog", PetSettings


class Bird:
    key, label, Settings = "bird", "The bird", BirdSettings


class Stone:
    key, label, Settings = "stone", "The stone", NoSettings


@pytest.fixture
def pets() -> Iterator[Registry[Any]]:
    yield Registry("pet", Cat, Dog, Stone)


def test_it_lists_its_classes_in_order(pets: Registry[Any]) -> None:
    assert isinstance(pets, Mapping)
    assert list(pets) == ["cat", "dog", "stone"] and len(pets) == 3
    assert pets["dog"] is Dog and "dog" in pets and "cow" not in pets and 3 not in pets
    assert list(pets.items()) == [("cat", Cat), ("dog", Dog), ("stone", Stone)]
    assert pets.labels == {"cat": "The cat", "dog": "The dog", "stone": "The stone"}
    assert pets.settings_classes() == [PetSettings, NoSettings], "each once"


def test_what_is_registered_is_there_until_it_is_removed(pets: Registry[Any]) -> None:
    assert pets.register(Bird) is Bird, "usable as a decorator"
    assert list(pets)[-1] == "bird" and pets["bird"] is Bird
    with pytest.raises(ParameterError, match="There is a pet 'bird' already"):
        pets.register(Bird)
    pets.remove("bird")
    assert "bird" not in pets
    pets.register(Bird)
    assert pets["bird"] is Bird


@pytest.mark.parametrize(
    "described",
    [
        size(3.0), size(unit="days"), size(high=11), size(low=1), size(label="Girth"), size(help="How wide."),
        choice("small", label="Size", group="Pets", source="a test", help="How large.", choices=("small", "large")),
    ],
)  # fmt: skip
def test_one_name_has_one_meaning(pets: Registry[Any], described: Any) -> None:
    """Names are options of the command line and parameters of links: they cannot mean two things."""

    @dataclass(frozen=True)
    class Settings:
        size: Any = described

    fish = type("Fish", (), {"key": "fish", "label": "The fish", "Settings": Settings})
    with pytest.raises(ParameterError, match="The pet 'fish' calls a setting 'size', as another pet does") as caught:
        pets.register(fish)
    assert "name of its own" in caught.value.hint
    assert "fish" not in pets, "nothing is left of it"


def test_the_same_meaning_may_be_shared(pets: Registry[Any]) -> None:
    @dataclass(frozen=True)
    class Settings:
        size: float = size()

    pets.register(type("Fish", (), {"key": "fish", "label": "The fish", "Settings": Settings}))
    assert pets.settings_classes() == [PetSettings, NoSettings, Settings]


def with_setting(name: str, key: str = "newcomer", **others: Any) -> Any:
    """A class whose only setting has that name."""
    made = make_dataclass("Settings", [(name, float, size())], frozen=True)
    return type("Newcomer", (), {"key": key, "label": "The newcomer", "Settings": made, **others})


def test_names_that_stand_beside_each_other_are_told_apart(pets: Registry[Any]) -> None:
    """Even with the same description they would be two settings, and one option."""
    toys: Registry[Any] = Registry("toy", with_setting("weight", "ball"), beside=(pets, BirdSettings))
    for registry, name in ((toys, "size"), (toys, "wings"), (pets, "weight"), (pets, "seed"), (toys, "policy")):
        with pytest.raises(ParameterError, match=f"calls a setting {name!r}, which is the name of something else"):
            registry.register(with_setting(name))
        assert "newcomer" not in registry
    pets.register(with_setting("height"))
    with pytest.raises(ParameterError, match="calls a setting 'height'"):
        toys.register(with_setting("height"))
    pets.remove("newcomer")
    toys.register(with_setting("height"))


@pytest.mark.parametrize("name", ["unsure_low", "study_length", "false_alarms", "seed", "strategy"])
def test_no_policy_has_a_setting_that_the_command_line_knows_otherwise(name: str) -> None:
    with pytest.raises(ParameterError, match=f"The policy 'newcomer' calls a setting '{name}'"):
        POLICIES.register(with_setting(name))


@pytest.mark.parametrize("name", ["prior_variance", "study_length", "false_alarms", "participant"])
def test_no_filter_has_one_either(name: str) -> None:
    with pytest.raises(ParameterError, match=f"The filter 'newcomer' calls a setting '{name}'"):
        FILTERS.register(with_setting(name))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("dgo", "There is no pet 'dgo'; did you mean 'dog'?"),
        ("elephant", "There is no pet 'elephant'; known are cat, dog, stone."),
        ("", "There is no pet ''; known are"),
        ("x" * 1000, "There is no pet '" + "x" * 59 + "; known are"),
        (None, "There is no pet of that kind; known are"),
        (["cat"], "There is no pet of that kind; known are"),
        ({"cat": 1}, "There is no pet of that kind; known are"),
    ],
)
def test_an_unknown_key_gets_the_nearest_one(pets: Registry[Any], key: Any, words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        pets[key]
    assert words in str(caught.value)


def test_a_key_that_is_nested_without_end_is_refused_too(pets: Registry[Any]) -> None:
    nested: list[Any] = []
    for _ in range(100_000):
        nested = [nested]
    with pytest.raises(ParameterError, match="no pet of that kind"):
        pets[nested]  # type: ignore[index]


def test_settings_come_from_names_and_values(pets: Registry[Any]) -> None:
    assert pets.settings_from("cat", {}) == PetSettings()
    assert pets.settings_from("cat", {"size": 3, "loud": False}) == PetSettings(3.0, False)
    assert pets.settings_from("stone", {}) == NoSettings()
    for key, values, words in (
        ("cat", {"siz": 3}, "did you mean 'size'?"),
        ("cat", {"size": 11}, "allowed is 0 to 10 steps"),
        ("cat", {"size": "large"}, "a number is needed"),
        ("cat", {"wings": 2}, "There is no parameter 'wings'"),
        ("stone", {"size": 3}, "There is no parameter 'size'"),
        ("cta", {}, "did you mean 'cat'?"),
    ):
        with pytest.raises(ParameterError) as caught:
            pets.settings_from(key, values)
        assert words in str(caught.value)


@pytest.mark.parametrize("registry", [POLICIES, FILTERS], ids=["policies", "filters"])
def test_settings_of_every_class_survive_json(registry: Registry[Any]) -> None:
    for key, component in registry.items():
        settings = component.Settings()
        mapping = json.loads(json.dumps(as_mapping(settings)))
        if key != "learned":  # of which there is none without its network
            assert registry.settings_from(key, mapping) == settings
    network = random_network()
    kept = json.loads(json.dumps(as_mapping(POLICIES["learned"].Settings(network))))
    assert PolicyNetwork.from_mapping(kept["network"]) == network
    assert POLICIES.settings_from("learned", kept).network == network


@pytest.mark.parametrize("registry", [POLICIES, FILTERS], ids=["policies", "filters"])
def test_every_class_says_what_it_is(registry: Registry[Any]) -> None:
    assert len(set(registry.labels.values())) == len(registry)
    for key, component in registry.items():
        assert component.key == key and component.label
        assert component.Settings.__dataclass_params__.frozen


def test_a_spec_takes_settings_of_its_own_class_only() -> None:
    assert PolicySpec("generic").settings == NoSettings()
    assert FilterSpec("belief").settings == BeliefVetoSettings()
    with pytest.raises(ParameterError, match="The policy 'generic' cannot have BeliefVetoSettings"):
        PolicySpec("generic", BeliefVetoSettings())
    with pytest.raises(ParameterError, match="The filter 'veto' cannot have BeliefVetoSettings"):
        FilterSpec(VETO, BeliefVetoSettings())
    with pytest.raises(ParameterError, match="The filter 'belief' cannot have FilterSettings"):
        FilterSpec("belief", FilterSettings())


def test_a_filter_that_is_switched_keeps_what_both_have() -> None:
    belief = filter_spec("belief", unsure_low=0.1, belief_threshold=0.3)
    veto = belief.switched_to(VETO)
    assert veto == filter_spec(VETO, unsure_low=0.1)
    assert veto.switched_to("belief") == filter_spec("belief", unsure_low=0.1)


@pytest.mark.parametrize("key", ["belief", "model", "filter", "name", "network", "policy"])
def test_a_policy_cannot_be_called_like_a_field_of_a_method(key: str) -> None:
    with pytest.raises(ParameterError, match=f"The key '{key}' cannot be that of a policy"):
        POLICIES.register(type("Mine", (GenericPolicy,), {"key": key}))
    assert key not in POLICIES


def test_every_field_of_a_method_is_reserved() -> None:
    method = Method("x", PolicySpec("planner"), belief={"reads_text": False}, model={"study_length": 9})
    assert set(method_as_mapping(method)) <= set(METHOD_FIELDS)
