"""A scenario as a link, and back: readable parameters for the settings, a compact one for the rest.

    scenario=1 & participant=... & seed=7 & ... & s=eNq...

``scenario`` is the version and stands first, ``s`` last, so that a link that was cut is seen to be. ``s`` is JSON,
packed by zlib, in the letters of base64url. Words that settings and statements give again are not in it, nor verdicts
that every copy of the judge gives. A link may come from anybody.
"""

import base64
import binascii
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from jitai.corpus import EVERYDAY_KINDS, StatementBook
from jitai.errors import FileFormatError, JitaiError, ParameterError
from jitai.files import decompressed, read_json
from jitai.parameters import shortened
from jitai.records import Verdict
from jitai.sanitise import for_sentence
from jitai.simulator.config import PRESETS, SimulatorConfig
from jitai.trial.query import from_query, nothing_trained, parted, to_query
from jitai.trial.scenario import VERSION as SCENARIO_VERSION
from jitai.trial.scenario import Scenario, compose, scenario_from_mapping, stored
from jitai.trial.spec import TrainedPolicies, TrialSpec, digest, settings_from

PAGE = "http://localhost:8501/"
"""Address of the page that plays a run, where the dashboard runs as it comes."""
VERSION = 1
VERSION_NAME, REST = "scenario", "s"
"""Names of the first and the last parameter."""
MAX_CHARACTERS = 6_000
"""Longest link: what mail programs and browsers pass on whole."""
MAX_UNPACKED_BYTES = 400_000
_WHOLE = "Copy the whole link, or ask for the scenario's file."
_FILE = "Save the scenario as a file and hand that over."
_RUN_DIGITS = 12
Books = Callable[[tuple[str, ...]], StatementBook]
"""Gives what simulated participants may say, of some kinds of statement."""


class OpenedLink(NamedTuple):
    """What a link holds.

    Attributes:
        scenario: the run; None if the link holds settings only, or cannot be used. Verdicts that every copy of its
            judge gives are not in it yet (``Scenario.with_known``).
        spec: the settings; None if they cannot be used.
        ignored: names of parameters that mean nothing here, such as utm_source; untrusted.
        problem: why the run or the settings cannot be used, as a sentence; empty if all is well.
    """

    scenario: Scenario | None
    spec: TrialSpec | None
    ignored: tuple[str, ...] = ()
    problem: str = ""

    @property
    def ignored_sentence(self) -> str:
        """What was ignored, for the page; empty if nothing was."""
        names = ", ".join(for_sentence(name) for name in self.ignored[:5])
        more = f" and {len(self.ignored) - 5} more" if len(self.ignored) > 5 else ""
        return f"The link has parts that mean nothing here and are ignored: {names}{more}." if names else ""


def nothing_known(text: str) -> Verdict | None:
    """Know no verdict: then all of them go into the link."""
    return None


def link_parameters(
    scenario: Scenario, books: Books, network_name: str = "", known: Callable[[str], Verdict | None] = nothing_known
) -> dict[str, str]:
    """Return the parameters of a link that brings a run back, to the digit; ``open_link`` reads them.

    Args:
        scenario: of the run, with the verdicts on its words.
        books: what simulated participants may say.
        network_name: name of the trained policy, where that is the policy.
        known: what every copy of the scenario's judge says of words without asking its model.
    Raises: ParameterError if the link would be too long, or if the trained policy has no name.
    """
    spec = scenario.spec
    if spec.policy.network is not None and not network_name:
        raise ParameterError("A link can only name a trained policy, and this one is not kept under a name.", _FILE)
    queries = [to_query(spec, preset, network_name) for preset in PRESETS]
    settings = min(queries, key=lambda query: len(urlencode(query)))
    packed = _packed(_rest_of(scenario, books, known))
    parameters = {VERSION_NAME: str(VERSION), **settings, REST: packed}
    length = len(link_to(parameters))
    if length > MAX_CHARACTERS:
        raise ParameterError(
            f"The run is too long for a link: it would have {length:,} characters, and {MAX_CHARACTERS:,} pass "
            "everywhere.",
            _FILE,
        )
    return parameters


def link_to(parameters: Mapping[str, str], page: str = PAGE) -> str:
    """Return the link with these parameters."""
    return f"{page}?{urlencode(parameters, quote_via=quote)}" if parameters else page


def open_link(query: Mapping[str, str], books: Books, trained_policy: TrainedPolicies = nothing_trained) -> OpenedLink:
    """Return what a link's parameters hold, whatever they are. Never raises.

    Args:
        query: the parameters, without those that belong to single pages.
        books: what simulated participants may say.
        trained_policy: gives the trained policy of a name, or raises a JitaiError.
    """
    known, ignored = parted(query, (VERSION_NAME, REST))
    version, packed = known.pop(VERSION_NAME, None), known.pop(REST, None)
    try:
        spec = from_query(known, trained_policy)
    except JitaiError as error:
        return OpenedLink(None, None, ignored, f"The settings in this address are not used. {error.in_full}")
    if version is None and packed is None:
        return OpenedLink(None, spec, ignored)
    try:
        return OpenedLink(_scenario(spec, version, packed, books), spec, ignored)
    except JitaiError as error:
        return OpenedLink(None, spec, ignored, f"The run in this address is not used. {error.in_full}")


def _rest_of(scenario: Scenario, books: Books, known: Callable[[str], Verdict | None]) -> dict[str, Any]:
    """Return what the settings do not tell; what is as usual is left out."""
    spec = scenario.spec
    usual = compose(spec, books(scenario.kinds), scenario.days, kinds=scenario.kinds).words
    words = enumerate(zip(scenario.words, usual, strict=True), start=1)
    written = replace(scenario, verdicts=_own_verdicts(scenario, known)).as_mapping()
    rest = {
        "kinds": [] if scenario.kinds == EVERYDAY_KINDS else written["kinds"],
        "judge": written["judge"],
        "words": {str(day): mine for day, (mine, theirs) in words if mine != theirs},
        "days": written["days"],
        "verdicts": written["verdicts"],
        "model": None if spec.model is None else spec.model.as_mapping(),
        "network": None if spec.policy.network is None else spec.policy.network.digest,
    }
    return {"said": _digest_of_run(scenario), **{name: value for name, value in rest.items() if value}}


def _own_verdicts(scenario: Scenario, known: Callable[[str], Verdict | None]) -> dict[str, Verdict]:
    """Return the verdicts that not every copy of the judge gives in just that way."""

    def is_given(text: str, verdict: Verdict) -> bool:
        there = known(text) if scenario.is_read else None
        return there is not None and stored(there) == stored(verdict)

    return {text: verdict for text, verdict in scenario.verdicts.items() if not is_given(text, verdict)}


def _scenario(spec: TrialSpec, version: str | None, packed: str | None, books: Books) -> Scenario:
    """Return the run of a link.

    Raises: ParameterError or FileFormatError saying what is wrong.
    """
    if version is None or not (version.isascii() and version.isdecimal() and len(version) < 16) or int(version) < 1:
        raise ParameterError(f"Its first parameter must be {VERSION_NAME}={VERSION}, its version.", _WHOLE)
    if int(version) > VERSION:
        raise ParameterError(
            f"It has version {int(version)}; this program reads up to {VERSION}.", "Update JITAI Lab to open it."
        )
    if packed is None:
        raise ParameterError("The link is cut: its end is missing.", _WHOLE)
    rest = _unpacked(packed)
    spec = _with_model(spec, rest.pop("model", None))
    _check_network(spec, rest.pop("network", None))
    said = rest.pop("said", None)
    changed = rest.get("words", {})
    settings = {"scenario": SCENARIO_VERSION, "seed": spec.seed, "trial": spec.as_mapping()}
    # Checks days and kinds, from which the other words follow.
    draft = scenario_from_mapping({"words": {}, **rest, **settings})
    words = list(compose(spec, books(draft.kinds), draft.days, kinds=draft.kinds).words)
    for number, text in changed.items():
        words[int(number) - 1] = text
    scenario = replace(draft, words=tuple(words))
    if said != _digest_of_run(scenario):
        raise ParameterError(
            "This is not the run of which the link was made: the settings in the link were changed, or this version of "
            "the lab has other statements.",
            "The settings are used; ask for the scenario's file to have the run itself.",
        )
    return scenario.with_verdicts({})


def _with_model(spec: TrialSpec, model: object) -> TrialSpec:
    """Return the settings with what belief and planner assume.

    Raises: ParameterError.
    """
    if model is None:
        return spec
    if not isinstance(model, Mapping):
        raise ParameterError(f"model: names and values are needed, not {shortened(model)}.")
    return replace(spec, model=settings_from("model", SimulatorConfig, model))


def _check_network(spec: TrialSpec, wanted: object) -> None:
    """Raises: ParameterError if the trained policy of that name is another one here."""
    network = spec.policy.network
    if wanted != (None if network is None else network.digest):
        raise ParameterError(
            "The trained policy of that name is another one here than where the link was made.",
            "Ask for the scenario's file, which holds the policy.",
        )


def _digest_of_run(scenario: Scenario) -> str:
    return digest((scenario.words, scenario.spec.as_mapping()))[:_RUN_DIGITS]


def _packed(rest: Mapping[str, Any]) -> str:
    """Return a mapping as letters of base64url.

    Raises: ParameterError if it is too large, or holds what no link can.
    """
    try:
        content = json.dumps(rest, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError as error:
        raise ParameterError("The words hold half a character, which no link can.", "Write them anew.") from error
    if len(content) > MAX_UNPACKED_BYTES:
        raise ParameterError(f"The run is too long for a link: its words have {len(content):,} bytes.", _FILE)
    return base64.urlsafe_b64encode(zlib.compress(content, 9)).decode().rstrip("=")


def _unpacked(packed: str) -> dict[str, Any]:
    """Return the mapping in the letters of base64url, which may be anything.

    Raises: FileFormatError saying what is wrong.
    """
    if len(packed) > MAX_CHARACTERS:
        raise FileFormatError(f"It is longer than {MAX_CHARACTERS:,} characters, which no link is.", _FILE)
    try:
        content = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise FileFormatError("The link is cut or damaged.", _WHOLE) from error
    unpacked = decompressed(content, "The link", MAX_UNPACKED_BYTES, _WHOLE)
    rest = read_json(unpacked, "The link", MAX_UNPACKED_BYTES, _WHOLE)
    if not isinstance(rest, dict):
        raise FileFormatError("The link holds no run.", _WHOLE)
    return rest
