"""The run in the page's address: what to put there, so that a reload or whoever gets the link has the same run."""

from jitai.errors import ParameterError
from jitai.judge.judge import Judge
from jitai.report.scenario_link import link_parameters
from jitai.rl.policy_store import default_policy_store
from jitai.trial.scenario import Scenario
from jitai.ui.session.resources import statement_book


def run_in_address(scenario: Scenario, judge: Judge | None) -> tuple[dict[str, str], str]:
    """The parameters that bring a run back, or a sentence why no link can.

    Args:
        scenario: of the run, with the verdicts on its words.
        judge: at work here; what every copy of it says is left out of the link, if the scenario is read by it.
    Returns: the parameters and an empty sentence, or none and the sentence.
    """
    name = default_policy_store().name_of(scenario.spec.policy.network)
    reads = judge is not None and scenario.judge is not None and judge.reference("").digest == scenario.judge.digest
    try:
        if judge is not None and reads:
            return link_parameters(scenario, statement_book, name, judge.known_everywhere), ""
        return link_parameters(scenario, statement_book, name), ""
    except ParameterError as error:
        return {}, error.in_full
