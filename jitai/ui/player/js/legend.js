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
  return markup`<button class="m" data-lead="${run.line.key}">${swatch("run")}<span><span class="name">${run.line.name}</span> <b data-number="${run.line.key}"></b> <span data-note="${run.line.key}"></span></span></button>${
    run.reference &&
    markup`<button class="m reference" data-lead="${run.reference.key}">${swatch("reference")}<span><span class="name">${run.reference.name}</span> <b data-number="${run.reference.key}"></b> <span data-note="${run.reference.key}"></span></span></button>`
  }${branches.map(
    (branch) =>
      markup`<span class="m branch"><button class="m" data-lead="${branch.key}" title="${branch.name}">${swatch("branch", branch.letter)}<span class="branch-name"><span class="name">${branch.letter}: ${branch.name}</span></span><span><b data-number="${branch.key}"></b> <span data-note="${branch.key}"></span></span></button><button class="x" data-remove="${branch.key}" aria-label="Remove branch ${branch.letter}"><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M1 1l8 8M9 1L1 9"/></svg></button></span>`,
  )}${pending && markup`<span class="m pending" role="status">${pending}</span>`}`;
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
