import { stepsText, whole } from "./format.js";
import { inlineGlyph } from "./glyphs.js";
import { markup } from "./markup.js";
import { dayOf, shownSteps } from "./model.js";

/**
 * What the pointer is told: one day and only that day.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} lead
 * @param {import("./types.js").Line[]} branches
 * @param {number} day
 * @param {boolean} revealed
 */
export function hoverText(run, lead, branches, day, revealed) {
  const lived = dayOf(lead, day);
  const steps = (line) => {
    const other = dayOf(line, day);
    return other ? whole(shownSteps(line, day)) : "gone";
  };
  const others = [
    ...(run.reference && run.reference !== lead ? [`${run.answer.without} ${steps(run.reference)}`] : []),
    ...branches.filter((branch) => branch !== lead && day >= branch.firstDay).map((branch) => `${branch.letter} ${steps(branch)}`),
  ];
  const last = others[others.length - 1] ?? "";
  const unit = /\d$/.test(last) ? (/(^|[^\d,.])1$/.test(last) ? " step" : " steps") : "";
  const beside = others.length ? `; ${others.join("; ")}${unit}` : "";
  if (!lived) return markup`<b>Day ${String(day)}</b><br>the person had left${beside}`;
  const truth = revealed && lived.truth?.known ? (lived.truth.canWalk ? ", could walk" : ", could not walk") : "";
  return markup`<b>Day ${String(day)}</b><br>${inlineGlyph(lived.held ? lived.proposed : lived.done, lived.held)}${lived.held ? "held back: " : ""}${run.actions[lived.held ? lived.proposed : lived.done].name}<br>${stepsText(shownSteps(lead, day))}${beside}<br><span class="muted">habituation ${lived.habituation.toFixed(2)}, risk ${lived.risk.toFixed(2)}${truth}</span>`;
}
