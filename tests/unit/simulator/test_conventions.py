"""Named conventions: what they set, and that a participant is recognised under each."""

from dataclasses import replace

import pytest

from jitai.errors import ParameterError
from jitai.simulator.config import DEFAULT_PRESET, PRESETS, SimulatorConfig
from jitai.simulator.conventions import AUTHORS, CONVENTIONS, OURS, OWN, REPLICATION, convention_of, preset_of, under
from jitai.simulator.reference import variant_settings


def test_the_authors_convention_is_what_their_environment_does() -> None:
    theirs, _ = variant_settings({})
    ours = under(PRESETS[DEFAULT_PRESET], AUTHORS)
    for name in ("initial_habituation", "initial_disengagement", "cannot_walk_disengagement"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert (ours.spell_statements, ours.writes_on_first_day) == ("held", False)


def test_ours_is_the_default() -> None:
    assert convention_of(PRESETS[DEFAULT_PRESET]) == OURS
    assert under(PRESETS[DEFAULT_PRESET], OURS) == PRESETS[DEFAULT_PRESET]
    assert SimulatorConfig().as_mapping() == {
        name: value
        for name, value in vars(SimulatorConfig()).items()
        if name not in ("spell_statements", "writes_on_first_day")
    }, "settings that are as they have always been are named as they have always been"


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_is_known_under_every_convention(preset: str, convention: str) -> None:
    config = under(PRESETS[preset], convention)
    assert (preset_of(config, "none"), convention_of(config)) == (preset, convention)


def test_what_is_edited_is_ones_own() -> None:
    config = replace(under(PRESETS[DEFAULT_PRESET], REPLICATION), initial_habituation=0.2)
    assert (preset_of(config, "none"), convention_of(config)) == ("none", OWN)
    with pytest.raises(ParameterError, match="replication"):
        under(config, "replicaton")
