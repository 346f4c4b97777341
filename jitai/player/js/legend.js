import { whole } from "./format.js";
import { swatch } from "./glyphs.js";
import { markup } from "./markup.js";
import { differenceText, stepsUpTo } from "./model.js";

/** The lines by name with their numbers. Only the numbers change while it plays; see `legendNumbers`. */

/**
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line[]} branches
 * @param {string} pending
 */
export function drawLegend(run, branches, pending) {
  const lines = [run.line, ...(run.reference ? [run.reference] : [])];
  return markup`<div class="lines">${lines.map((line) => entry(line, line === run.line ? "run" : "reference", line.name))}${
    pending && markup`<span class="pending" role="status">${pending}</span>`
  }</div>${
    branches.length > 0 &&
    markup`<div class="branches">${branches.map(
      (branch) => markup`<span class="branch">${entry(branch, "branch", `${branch.letter}: ${branch.name}`)}<button class="x" data-remove="${branch.key}" aria-label="Remove branch ${branch.letter}"><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M1 1l8 8M9 1L1 9"/></svg></button></span>`,
    )}</div>`
  }`;
}

function entry(line, kind, name) {
  return markup`<button class="m ${kind}" data-lead="${line.key}" data-whole="${name}">${swatch(kind, line.letter)}<span class="name">${name}</span><span class="numbers"><b data-number="${line.key}"></b> <span data-note="${line.key}"></span></span></button>`;
}

/**
 * What stands in the legend on a day, by line key.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line[]} branches
 */
export function legendNumbers(run, branches, day) {
  const numbers = {};
  for (const line of [run.line, ...(run.reference ? [run.reference] : [])]) {
    numbers[line.key] = { steps: whole(stepsUpTo(line, day)), note: ["steps", leftNote(line, day)].filter(Boolean).join(", ") };
  }
  for (const branch of branches) {
    const note = day < branch.firstDay ? "steps" : `steps (${differenceText(branch, run.line, day)})`;
    numbers[branch.key] = { steps: whole(stepsUpTo(branch, day)), note };
  }
  return numbers;
}

function leftNote(line, day) {
  return line.leftOn && day >= line.leftOn ? `left on day ${line.leftOn}` : "";
}
