"""The report of one run: headline, the player with the run inside, settings, the judge, assumptions and sources."""

import html
from collections.abc import Sequence
from typing import NamedTuple

from jitai.parameters import describe
from jitai.player.contract import as_payload
from jitai.player.standalone import player_fragment
from jitai.report.run_player import player_run, twin_name
from jitai.trial.scenario import Played
from jitai.trial.spec import TrialSpec
from jitai.trial.summary import TrialSummary, summarise

SOURCES = (
    "Karine and Marlin 2025, arXiv:2501.06980: the method and the environment with walk state and text.",
    "Karine and Marlin 2024, arXiv:2411.00336: the base environment and its defaults.",
    "Karine, Klasnja, Murphy and Marlin 2023, arXiv:2305.09913: the dynamics and the context inference error.",
)
NO_ADVICE = (
    "A simulation for teaching, study design and research. It gives no medical advice and says nothing about any real "
    "person. Steps are the model’s units, not a pedometer’s."
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_STYLE = """
:root { --st-background-color:#f7f7f5; --st-secondary-background-color:#fff; --st-text-color:#16191d;
  --st-border-color:#d9dcdf; color-scheme:light; }
body { margin:0 auto; max-width:1100px; padding:24px; background:#f7f7f5; color:#16191d;
  font:15px/1.5 system-ui, sans-serif; }
h1 { font-size:28px; margin:0 0 4px; } h2 { font-size:21px; margin:28px 0 8px; }
.muted { color:#565e67; } table { border-collapse:collapse; width:100%; }
td, th { text-align:left; padding:4px 12px 4px 0; border-bottom:1px solid #d9dcdf; vertical-align:top; }
code { background:#fff; border:1px solid #d9dcdf; padding:8px; display:block;
  overflow-wrap:anywhere; white-space:pre-wrap; }
@page { margin:14mm; }
@media print { body { background:#fff; padding:0; max-width:none; } section, tr { break-inside:avoid; } }
"""


class ReportInputs(NamedTuple):
    """What a report is made of, beside the run and its twin.

    Attributes:
        title: of the setting, such as the participant's name.
        judge: which judge read, with what was measured of it; empty where nobody did.
        many_seeds: what many seeds say; empty without.
        command: that gives the same run.
        link: that opens it; empty without.
        with_truth: whether what was true stands in it; without, nobody who is handed it can look.
    """

    title: str
    judge: str
    many_seeds: str
    command: str
    link: str = ""
    with_truth: bool = True


def run_report(run: Played, twin: Played, inputs: ReportInputs) -> str:
    """One HTML file that opens from disk: nothing is fetched, and nothing of it is markup but ours.

    Args:
        run, twin: as they were played.
        inputs: what else stands in it; untrusted texts are escaped.
    """
    spec, is_read = run.scenario.spec, run.scenario.is_read
    mine, other = summarise(run.records), summarise(twin.records)
    payload = as_payload(
        player_run(
            run,
            twin,
            title=inputs.title,
            detail=f"seed {spec.seed}",
            many_seeds=inputs.many_seeds,
            with_truth=inputs.with_truth,
        )
    )
    parts = [
        f"<h1>{_escaped(headline(is_read, mine, other))}</h1>",
        f"<p class='muted'>{_escaped(inputs.many_seeds)}</p>" if inputs.many_seeds else "",
        f"<section>{player_fragment(payload)}</section>",
        _section("In numbers", _table(_numbers(spec, is_read, mine, other, inputs.with_truth))),
        _section("Settings", _table(_settings(spec))),
        _section("The judge", f"<p>{_escaped(inputs.judge or 'Nobody reads the text in this run.')}</p>"),
        _section("What was assumed", f"<p>{_escaped(_assumed(run))}</p><p>{_escaped(NO_ADVICE)}</p>"),
        _section("Sources", "".join(f"<p>{_escaped(source)}</p>" for source in SOURCES)),
        _section("The same run again", f"<code>{_escaped(inputs.command)}</code>" + _link(inputs.link)),
    ]
    title = _escaped(f"{inputs.title}, seed {spec.seed}: a simulated run")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def headline(is_read: bool, mine: TrialSummary, other: TrialSummary) -> str:
    """The answer in one sentence."""
    if not is_read:
        return f"{mine.total_steps:,.0f} steps in {mine.n_days} days"
    gain = steps_gained(mine, other)
    if gain == 0:
        return f"In this run, listening changed nothing: {mine.total_steps:,.0f} steps"
    verb = "gained" if gain > 0 else "cost"
    totals = f"{mine.total_steps:,.0f} instead of {other.total_steps:,.0f}"
    return f"In this run, listening {verb} {abs(gain):,} steps: {totals}"


def steps_gained(mine: TrialSummary, other: TrialSummary) -> int:
    """The difference of two totals as they are shown, each rounded."""
    return round(mine.total_steps) - round(other.total_steps)


def _numbers(
    spec: TrialSpec, is_read: bool, mine: TrialSummary, other: TrialSummary, with_truth: bool
) -> list[tuple[str, str]]:
    rows = [
        ("Steps", f"{mine.total_steps:,.0f}"),
        ("Days in the study", f"{mine.n_days} of {spec.config.study_length}"),
        ("Left the study", "yes" if mine.disengaged else "no"),
        ("Messages sent", f"{mine.n_messages}"),
    ]
    if is_read and spec.filter.filter.uses_text:
        rightly = f", {mine.n_right_vetoes} of them rightly" if with_truth else ""
        rows.append(("Messages held back by the judge", f"{mine.n_vetoes}{rightly}"))
    if is_read:
        rows.append(("Days on which the judge was unsure", f"{mine.n_unsure}"))
    if mine.n_failures:
        rows.append(("Days on which the judge could not answer", f"{mine.n_failures}"))
    if is_read:
        left = f", left on day {other.n_days}" if other.disengaged else ""
        rows.append((f"The same seed {twin_name(spec)}", f"{other.total_steps:,.0f} steps{left}"))
    return rows


def _settings(spec: TrialSpec) -> list[tuple[str, str]]:
    rows = [
        ("Policy", spec.policy.policy.label),
        ("Filter", spec.filter.filter.label),
        ("Seed", str(spec.seed)),
    ]
    if spec.policy.network is not None:
        rows.append(("Trained policy", spec.policy.network.name))
    parts = [spec.policy.settings, spec.filter.settings, *([spec.belief] if spec.keeps_belief else []), spec.config]
    for settings in parts:
        for info in describe(type(settings)):
            value = getattr(settings, info.name)
            shown = f"{value:g}" if isinstance(value, float) else str(value)
            rows.append(
                (f"{info.label} ({info.symbol})" if info.symbol else info.label, f"{shown} {info.unit}".strip())
            )
    return rows


def _assumed(run: Played) -> str:
    """What a reader must know of where the words and the truth come from."""
    changed = len(run.scenario.days)
    by_hand = f" On {changed} days a person changed words, truth or action." if changed else ""
    return (
        "Habituation, disengagement risk and ability to walk follow the published equations; the words are statements "
        "written for this project that fit the simulated ability. Run and twin meet the same contexts, abilities, "
        f"words and luck.{by_hand}"
    )


def _section(title: str, content: str) -> str:
    return f"<section><h2>{_escaped(title)}</h2>{content}</section>"


def _table(rows: Sequence[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><th>{_escaped(name)}</th><td>{_escaped(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _link(link: str) -> str:
    return f"<p>Link into a dashboard that runs on this machine: <code>{_escaped(link)}</code></p>" if link else ""


def _escaped(text: str) -> str:
    return html.escape(text)
