import { probabilityText, whole } from "./format.js";
import { markup } from "./markup.js";
import { dayOf, shownSteps } from "./model.js";

/** The days as a table: everything that the pictures show, for those who cannot or will not look at them. */

/**
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} lead
 * @param {import("./types.js").Line[]} branches
 * @param {{seen: number, revealed: boolean}} shown only days that were seen
 */
export function drawTable(run, lead, branches, { seen, revealed }) {
  const others = [...(run.reference ? [run.reference] : []), run.line, ...branches].filter((line) => line !== lead);
  const heading = (line) => (line.letter ? `Branch ${line.letter}` : line.short);
  const rows = Array.from({ length: seen }, (_, index) => tableRow(run, lead, others, index + 1, revealed));
  const columns = 10 + others.length + (revealed ? 1 : 0);
  return markup`<table><caption class="sr">The days up to day ${String(seen)}; steps are the model’s units</caption><thead><tr><th class="r" scope="col">Day</th><th class="not-on-paper" scope="col">Sensed</th><th scope="col">Proposed</th><th scope="col">Words</th><th class="r" scope="col">P(send)</th><th scope="col">Done</th><th class="r" scope="col">Steps</th><th class="r" scope="col">Steps so far</th>${others.map(
    (line) => markup`<th class="r" scope="col">${heading(line)}, steps</th>`,
  )}<th class="r" scope="col">Habituation</th><th class="r" scope="col">Risk</th>${revealed && markup`<th scope="col">Truth</th>`}</tr></thead><tbody>${
    rows.length ? rows : markup`<tr><td colspan="${String(columns)}">No day has been shown yet. Press play, or move the cursor.</td></tr>`
  }</tbody></table>`;
}

function tableRow(run, lead, others, day, revealed) {
  const lived = dayOf(lead, day);
  const cells = others.map((line) => {
    const other = dayOf(line, day);
    return markup`<td class="r">${other ? whole(shownSteps(line, day)) : "left"}</td>`;
  });
  const number = markup`<th class="r" scope="row">${String(day)}</th>`;
  if (!lived) {
    return markup`<tr>${number}<td colspan="5">the person had left</td><td class="r">0</td><td></td>${cells}<td></td><td></td>${revealed && markup`<td></td>`}</tr>`;
  }
  const truth = lived.truth?.known ? `${lived.truth.canWalk ? "could walk" : "could not walk"}, at ${run.contexts[lived.truth.context]}` : "not known";
  return markup`<tr>${number}<td class="not-on-paper">${lived.sensed === null ? "" : run.contexts[lived.sensed]}</td><td>${run.actions[lived.proposed].name}</td><td class="w">${
    lived.words || markup`<span class="muted">no words</span>`
  }</td><td class="r" title="${lived.reason}">${lived.pSend === null ? "" : probabilityText(lived.pSend)}</td><td>${lived.held ? "held back" : run.actions[lived.done].name}</td><td class="r">${whole(
    shownSteps(lead, day),
  )}</td><td class="r">${whole(lived.sum)}</td>${cells}<td class="r">${lived.habituation.toFixed(2)}</td><td class="r">${lived.risk.toFixed(2)}</td>${revealed && markup`<td>${truth}</td>`}</tr>`;
}
