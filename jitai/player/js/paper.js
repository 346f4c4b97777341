import { drawAnswer, answerNumber } from "./answer.js";
import { drawAxis } from "./axis.js";
import { layOut } from "./layout.js";
import { drawLegend, legendNumbers } from "./legend.js";
import { markup } from "./markup.js";
import { drawTable } from "./table.js";
import { drawPicture } from "./tracks/picture.js";
import { drawWhy } from "./why.js";

/** What is printed: the whole run at its end, the truth only if it is revealed. */

const WIDTH = 700;
const HEIGHT = 440;
const FONT = 12;

/**
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line[]} branches
 * @param {import("./types.js").Line} lead
 * @param {{revealed: boolean, whyOf: string}} shown
 */
export function drawPaper(run, branches, lead, { revealed, whyOf }) {
  const day = run.end;
  const layout = layOut({ width: WIDTH, height: HEIGHT, font: FONT, gutter: 112, scale: 50, days: run.days });
  const view = { id: "paper", run, lead, branches, day, seen: day, revealed, layout, font: FONT, brief: false };
  const axis = drawAxis(layout, { days: run.days, day, font: FONT });
  return markup`<section><p class="muted">${[run.title, run.detail].filter(Boolean).join(", ")}</p><h2 class="answer">${drawAnswer(run, day, answerNumber(run, day, lead), lead)}</h2><p class="many">${run.manySeeds}</p><div class="legend">${drawLegend(run, branches, "")}</div><svg class="picture" viewBox="0 0 ${WIDTH} ${HEIGHT + 34}" role="img" aria-label="The run, day by day">${drawPicture(view)}<g transform="translate(0 ${HEIGHT})">${axis}</g></svg></section><section>${drawWhy(
    run,
    branches,
    { whyOf, day, revealed },
  )}</section>${drawTable(run, lead, [], { seen: day, revealed })}<p class="muted">A simulation, no medical advice. Steps are the model’s units.</p>`;
}

/** The legend's numbers, for the paper as for the screen. */
export function fillLegend(element, run, branches, day) {
  for (const [key, { steps, note }] of Object.entries(legendNumbers(run, branches, day))) {
    for (const place of element.querySelectorAll("[data-number]")) if (place.dataset.number === key) place.textContent = steps;
    for (const place of element.querySelectorAll("[data-note]")) if (place.dataset.note === key) place.textContent = note;
  }
}
