"""Descriptions of experiments: what they mean, and what is said of wrong ones."""

import json
import time
from pathlib import Path

import pytest

from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.experiments.spec import ExperimentSpec
from jitai.experiments.spec_file import read_spec, spec_from_mapping, spec_from_text
from jitai.rl.policy_store import PolicyStore
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.filters import VETO
from jitai.trial.spec import trial_from_mapping

SHIPPED = PolicyStore(Path("no-such-folder"))
SPECS = sorted((Path(__file__).parents[3] / "specs").glob("*.yaml"))
LEAST = {"name": "x", "methods": [{"policy": "random"}]}


def test_a_grid_is_every_combination(small_spec: ExperimentSpec) -> None:
    cells = small_spec.cells()
    assert len(cells) == 2 * 3
    assert {cell.condition.config.can_walk_persistence for cell in cells} == {0.7, 0.95}
    assert all(cell.condition.config.study_length == 12 for cell in cells)
    # Who reads no text has no judge.
    assert [cell.judge is None for cell in cells] == [True, False, False] * 2
    assert list(small_spec.seeds) == [3, 4, 5, 6, 7, 8]
    assert cells[0].condition.name == "p11 0.7"


def test_policies_times_filters_and_several_judges() -> None:
    spec = spec_from_text(
        """
        name: product
        policies: [thompson, never]
        filters: [none, veto, belief]
        judges: [embedded-tuned, {key: simulated, finds_cannot_walk: [0.8, 0.9], false_alarms: [0.1, 0.2]}]
        """
    )
    assert len(spec.methods) == 6
    assert len(spec.judges) == 5
    # "none" reads nothing and is there once; the four others once for each judge.
    assert len(spec.cells()) == 2 + 4 * 5
    assert {method.filter.key for method in spec.methods} == {"none", "veto", "belief"}


def test_a_planner_that_does_not_read_needs_no_judge() -> None:
    content = {**LEAST, "methods": [{"policy": "planner", "belief": {"reads_text": False}}]}
    assert spec_from_mapping(content).cells()[0].judge is None
    with pytest.raises(ParameterError, match="has its text read, but there is no judge"):
        spec_from_mapping({**LEAST, "methods": [{"policy": "planner"}]})


def test_a_description_comes_back_as_it_was(small_spec: ExperimentSpec) -> None:
    text = json.dumps(small_spec.as_mapping())
    again = spec_from_text(text)
    assert again == small_spec
    assert again.identifier == small_spec.identifier


def test_words_about_an_experiment_do_not_change_which_one_it_is(small_spec: ExperimentSpec) -> None:
    content = small_spec.as_mapping()
    assert spec_from_mapping({**content, "description": "other words"}).identifier == small_spec.identifier
    more = {**content, "seeds": {"first": 3, "count": 7}}
    assert spec_from_mapping(more).identifier != small_spec.identifier


def test_a_preset_is_a_start() -> None:
    spec = spec_from_mapping({**LEAST, "participant": {"preset": "Ability mostly lasts", "study_length": 9}})
    assert spec.participant.can_walk_persistence == PRESETS["Ability mostly lasts"].can_walk_persistence
    assert spec.participant.study_length == 9


def test_a_trained_policy_stands_in_the_description_whole() -> None:
    named = {"policy": "learned:ppo-belief"}
    spec = spec_from_mapping(
        {**LEAST, "judges": ["embedded"], "methods": [named, {**named, "filter": "veto"}]}, SHIPPED.get
    )
    network = spec.methods[0].policy.network
    assert network is not None and network.sees_belief
    assert [method.name for method in spec.methods] == [network.name, f"{network.name}, veto"]
    # It sees the belief, so its text is read without a filter too.
    assert all(cell.judge is not None for cell in spec.cells())
    again = spec_from_text(json.dumps(spec.as_mapping()))
    assert again == spec and again.methods[0].policy.network == network
    trial = spec.methods[1].trial(SimulatorConfig(), None)
    assert trial_from_mapping(json.loads(json.dumps(trial.as_mapping()))) == trial
    blind = spec_from_mapping({**LEAST, "policies": ["learned:ppo-blind"], "methods": []}, SHIPPED.get)
    assert [cell.judge for cell in blind.cells()] == [None]


def test_the_model_of_a_method_differs_from_the_participant_where_it_says() -> None:
    spec = spec_from_mapping(
        {
            **LEAST,
            "judges": ["embedded"],
            "methods": [{"policy": "planner", "model": {"can_walk_persistence": 0.2}, "belief": {"false_alarms": 0.3}}],
        }
    )
    method, config = spec.methods[0], PRESETS["Ability mostly lasts"]
    trial = method.trial(config, (0.8, 0.1))
    assert trial.assumed.can_walk_persistence == 0.2
    assert trial.assumed.cannot_walk_persistence == config.cannot_walk_persistence
    # Measured rates are used unless the method says otherwise.
    assert (trial.belief.finds_cannot_walk, trial.belief.false_alarms) == (0.8, 0.3)
    assert trial_from_mapping(json.loads(json.dumps(trial.as_mapping()))) == trial


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_shipped_descriptions_can_be_used(path: Path) -> None:
    spec = read_spec(path, SHIPPED.get)
    assert spec.description
    assert len({cell.condition for cell in spec.cells()}) >= 2


def test_the_published_grid_is_the_published_one() -> None:
    spec = read_spec(next(path for path in SPECS if path.stem == "published_grid"), SHIPPED.get)
    configs = [condition.config for condition in spec.conditions()]
    assert {(c.disengagement_increment, c.can_walk_persistence, c.cannot_walk_persistence) for c in configs} == {
        (e, p11, p00) for e in (0.05, 0.4) for p11 in (0.7, 0.95) for p00 in (0.1, 0.5)
    }
    assert all(c.cannot_walk_disengagement == 0.4 and c.study_length == 50 for c in configs)
    assert all(c.initial_habituation == c.initial_disengagement == 0 for c in configs)
    assert spec.n_seeds >= 500 and [judge.key for judge in spec.judges] == ["embedded-tuned"]
    assert any(method.policy.key == "thompson" and method.filter.key == VETO for method in spec.methods)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"nmae": "y"}, "There is no field 'nmae'; did you mean 'name'"),
        ({"name": "<b>"}, "The experiment's name is '<b>': allowed are letters"),
        ({"format": 2}, "format is 2: this version reads 1"),
        ({"seeds": {"count": 0}}, "seeds.count is 0: allowed is a whole number from 1"),
        ({"seeds": {"count": "many"}}, '"count" must be a whole number, not \'many\' (in "seeds")'),
        ({"seeds": {"frist": 1}}, 'no field \'frist\' (in "seeds"); did you mean \'first\''),
        ({"seeds": {"first": -1}}, "seeds.first is -1: allowed is 0 to"),
        ({"scenarios": {"p11": [0.5]}}, "scenarios: There is no parameter 'p11'"),
        ({"scenarios": {"can_walk_persistence": 0.5}},
         '"can_walk_persistence" must be a list, not 0.5 (in "scenarios")'),
        ({"scenarios": {"can_walk_persistence": [0.5, 0.5]}}, "give at least one value, and none twice"),
        ({"scenarios": {"can_walk_persistence": [1.5]}}, "can_walk_persistence) is 1.5: allowed is 0 to 1"),
        ({"scenarios": {"study_length": list(range(1, 300)), "initial_habituation": [k / 100 for k in range(99)]}},
         "at most 20,000 are allowed"),
        ({"participant": {"preset": "Nobody"}}, "participant.preset: there is none called 'Nobody'"),
        ({"participant": {"study_length": 2.5}}, "participant: "),
        ({"participant": 3}, '"participant" must hold names and values (a JSON object), not 3'),
        ({"methods": []}, "methods: at least one is needed"),
        ({"methods": [{"policy": "thomson"}]}, "methods, number 1: There is no policy 'thomson'; did you mean"),
        ({"methods": [{"policy": "random", "filter": "vetto"}]}, "methods, number 1, filter: "),
        ({"methods": [{"policy": "thompson", "thompson": {"prior_variance": -1}}]}, "prior_variance) is -1"),
        ({"methods": [{"policy": "random", "thompson": {"prior_variance": 9}}]},
         "number 1: settings of the policy thompson belong to that policy, not to random"),
        ({"methods": [{"policy": "random", "random": {"odds": 1}}]}, "number 1: There is no parameter 'odds'"),
        ({"methods": [{"policy": "random", "filter": {"strategy": "veto", "unsure_low": 2}}]}, "unsure_low) is 2"),
        ({"methods": [{"policy": "random", "filter": {"strategy": "veto", "belief_threshold": 0.5}}]},
         "number 1, filter: There is no parameter 'belief_threshold'"),
        ({"methods": [{"policy": "planner", "belief": {"trust": 1}}]}, "number 1, belief: There is no parameter"),
        ({"methods": [{"policy": "learned:ppo"}]}, "methods, number 1: There is no trained policy 'ppo'"),
        ({"methods": [{"policy": "learned"}]}, "number 1: name the trained policy, such as learned:ppo-belief"),
        ({"methods": [{"policy": "learned", "network": {"layers": []}}]}, "network cannot be used as a trained policy"),
        ({"methods": [{"policy": "never", "network": "ppo-belief"}]}, "a network belongs to the policy learned"),
        ({"methods": [{"policy": "random"}, {"policy": "random"}]}, "There are two methods called 'Random'"),
        ({"policies": ["greedy"]}, "policies: There is no policy 'greedy'"),
        ({"filters": ["some"], "policies": ["never"]}, "filters: There is no filter 'some'; known are veto"),
        ({"judges": ["gpt"]}, "judges, number 1: there is no judge 'gpt'; allowed are embedded-tuned"),
        ({"judges": ["ollama:a b"]}, "judges, number 1: there is no judge 'ollama:a b'"),
        (
            {"judges": [{"key": "simulated"}]},
            "judges, number 1: A simulated judge needs finds_cannot_walk, a number from 0 to 1.",
        ),
        ({"judges": [{"key": "simulated", "finds_cannot_walk": 2, "false_alarms": 0}]}, "judges, number 1: "),
        (
            {"judges": [{"key": "embedded", "false_alarms": 0}]},
            "false_alarms is a setting of the judge simulated, not of embedded.",
        ),
        ({"judges": ["embedded", "embedded"]}, "There are two judges called 'embedded'"),
        ({"scenarios": {"can_walk_persistence": [1, 1.0]}}, "give at least one value, and none twice"),
        ({"scenarios": {name: list(range(1, 60)) for name in ("study_length", "habituation_concentration")} | {
            "step_count_spread": list(range(1, 400))}}, "at most 20,000 are allowed"),
        ({"statements": {"kinds": ["plian"]}}, "statements.kinds: there is none called 'plian'; did you mean 'plain'?"),
        ({"statements": {"kinds": []}}, "statements.kinds: name at least one of"),
        ({"methods": [{"policy": ["thompson"]}]}, '"policy" must be a text, not a list (in "methods", number 1)'),
        ({"policies": ["never"], "filters": [["none"]]}, '"filters", number 1, must hold names and values'),
        ({"policies": ["never"], "filters": [{"strategy": ["none"]}]}, "filters: There is no filter of that kind"),
        ({"participant": {"preset": ["a"]}}, "participant.preset: there is none called a list"),
        ({"participant": {"context_noise": 10**400}}, "participant: "),
        ({"description": "\ud800"}, '"description" must be a text that UTF-8 can hold'),
        ({"methods": [{"policy": "learned:ppo-blind"}], "seeds": {"first": 2**31}}, "trained policies have learnt"),
        ({"claims": [{"text": "?", "method": "Random", "above": "Random", "times": float("nan")}]},
         '"times" must be a finite number, not nan (in "claims", number 1)'),
        ({"baseline": "TS"}, "baseline: there is no method 'TS'"),
        ({"claims": [{"text": "?", "method": "Random"}]}, "needs either `above`, the name of a method, or `share`"),
        ({"claims": [{"text": "?", "method": "Randomm", "share": 0.5}]}, "claims: there is no method 'Randomm'; did"),
        ({"claims": [{"text": "?", "method": "Random", "share": "much"}]}, '"share" must be a finite number'),
    ],
)  # fmt: skip
def test_a_wrong_description_is_told_what_is_wrong(change: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError) as caught:
        spec_from_mapping({**LEAST, **change}, SHIPPED.get)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name: [", "my.yaml, line 1: this is neither YAML nor JSON"),
        ("- a\n- b", "my.yaml must hold names and values"),
        ("!!python/object/apply:os.system ['true']", "my.yaml, line 1: tags (!) are not read; write the value alone"),
        ("name: x", "my.yaml: methods: at least one is needed"),
        ("name: a\nname: b", "my.yaml, line 2: 'name' stands there twice"),
        ("seeds: {count: 2024-13-45}", 'my.yaml: "count" must be a whole number, not \'2024-13-45\' (in "seeds")'),
        ("name: !!float abc", "my.yaml, line 1: tags (!) are not read"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "my.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises((FileFormatError, ParameterError)) as caught:
        read_spec(path)
    assert words in str(caught.value)


BOMB = """name: x
methods: [{policy: random}]
a0: &a0 {k0: 1, k1: 1, k2: 1}
""" + "".join(f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12))
HUGE = "0x" + "F" * 6_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "line 3: anchors (&, *) are not read; write the values out"),
        ("name: &x [*x]", "line 1: anchors (&, *) are not read"),
        ("name: x\n<<: {seeds: {count: 2}}", "There is no field '<<'"),
        (f"name: x\nseeds: {{count: {HUGE}}}", "a whole number in it is too large"),
        (f"name: x\nseeds: {{count: {'9' * 6_000}}}", "a number in it has too many digits"),
        (f"name: x\n{HUGE[:900]}: 1", "line 2: a name must be a text; put it in quotes"),
        ("name: x\nno: 1", "line 2: a name must be a text; put it in quotes"),
        ("name: x\n? [a]\n: 1", "line 2: a name must be a text; put it in quotes"),
        ('{"name": "x", "seeds": {"count": ' + "9" * 6_000 + "}}", "a whole number in it is too large"),
        ("name: x\nseeds: {count: .inf}", "a number in it is not finite"),
        ("name: x\nseeds: {count: 1e999}", "a number in it is not finite"),
        ('{"name": "x", "seeds": {"count": NaN}}', "a number in it is not finite"),
        ("name: x\nseeds: {count: yes}", '"count" must be a whole number, not true (in "seeds")'),
        ("name: x\nseeds: {count: 1.0}", '"count" must be a whole number, not 1.0 (in "seeds")'),
        ("name: x\nseeds: {count: 2026-11-30}", "\"count\" must be a whole number, not '2026-11-30'"),
        ("name: x\nparticipant: {study_length: 2026-11-30}",
         "(study_length) is '2026-11-30': a whole number is needed"),
        ("name: x\nparticipant: {study_length: 1" + "0" * 400 + "}", "a whole number in it is too large"),
        ('name: "half \\ud800"', "line 1: this is neither YAML nor JSON"),
        ("name: \ud800", "a character is only a half"),
        ("[" * 100_000, "nested too deeply"),
        ("a:\nb: " + "[" * 51 + "]" * 51, "line 2: this is nested too deeply"),
        ("a: " + "[" * 90_000 + "]" * 90_000, "line 1: this is nested too deeply"),
        ("a:" + " -" * 90_000, "this is n"),
        ("name: x\x00", "this is neither YAML nor JSON"),
        ("- " * 600_000, "a description in YAML has at most 200,000 characters"),
        ('{"name": "x", "policies": ["never"], "filters": [' + '"none", ' * 900_000 + '"none"]}',
         '"filters" holds 900,001 values: at most 1,000 are allowed'),
        ('{"name": "x", "policies": ["never"], "scenarios": {"study_length": [' + "1, " * 1_000_000 + "1]}}",
         "1,000,001 combinations: at most 20,000 are allowed"),
        (f"name: x\npolicies: [{'never, ' * 999}]\nfilters: [{'none, ' * 999}]",
         "policies and filters: there are 998,001 combinations: at most 20,000 are allowed"),
        ("name: x\npolicies: [never]\njudges: [{key: simulated, finds_cannot_walk: [" + "0.5, " * 900
         + "], false_alarms: [" + "0.5, " * 900 + "]}]",
         "judges, number 1: there are 810,000 combinations: at most 20,000 are allowed"),
        ("name: x\nmethods: [{polcy: never}]", "methods, number 1: there is no field 'polcy'; did you mean 'policy'"),
        ("name: x\nmethods: [{policy: never, never: 3}]", "methods, number 1, never: names and values are needed"),
        ("name: x\npolicies: [never]\njudges: [{key: simulated, fals_alarms: 0}]",
         "judges, number 1: there is no field 'fals_alarms'; did you mean 'false_alarms'"),
        ('{"name": "x", "participant": {"' + "n" * 3_000_000 + '": 1}}', "participant: There is no parameter 'nnn"),
        ('{"name": "x", "methods": [{"' + "n" * 3_000_000 + '": 1}]}', "methods, number 1: there is no field 'nnn"),
        ('{"name": "x", "' + "n" * 3_000_000 + '": 1}', "There is no field 'nnn"),
        (f"name: {'x' * 2_001}", '"name" holds 2,001 characters: at most 2,000 are allowed'),
    ],
    ids=lambda value: value[:24],
)  # fmt: skip
def test_what_no_description_holds_is_refused_at_once(text: str, words: str) -> None:
    started = time.process_time()
    with pytest.raises(JitaiError) as caught:
        spec_from_text(text)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 600
    assert time.process_time() - started < 5, "it takes far less; gigabytes would take minutes"


def test_a_date_is_a_text() -> None:
    assert spec_from_text("name: 2026-11-30\npolicies: [never]").name == "2026-11-30"


def test_numbers_are_numbers_in_yaml_and_json() -> None:
    for text in (
        "name: x\npolicies: [never]\nscenarios: {step_count_spread: [1e1, 2.5E+1]}",
        '{"name": "x",\n\t"policies": ["never"], "scenarios": {"step_count_spread": [1e1, 25]}}',
    ):
        assert [s.config.step_count_spread for s in spec_from_text(text).conditions()] == [10.0, 25.0]


def test_a_missing_binary_or_huge_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"none\.yaml cannot be read: No such file"):
        read_spec(tmp_path / "none.yaml")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFormatError, match="it is not UTF-8 text"):
        read_spec(tmp_path / "b.yaml")
    (tmp_path / "big.yaml").write_text("#" * 10_000_001, encoding="utf-8")
    with pytest.raises(FileFormatError, match="larger than 10,000,000 bytes"):
        read_spec(tmp_path / "big.yaml")
