import { inlineGlyph } from "./glyphs.js";
import { markup } from "./markup.js";
import { dayOf } from "./model.js";

/** One day, lived in another way. The answer is a branch from Python; here is only the question. */

/** Python refuses longer words. */
export const MAX_WORDS = 10_000;

/**
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} line that is changed
 * @param {number} day
 */
export function drawForkDialog(run, line, day) {
  const lived = dayOf(line, day);
  const option = (name, value, label, checked, note = null) =>
    markup`<label class="option"><input type="radio" name="${name}" value="${value}"${checked && markup` checked`}><span>${label}</span>${note && markup`<small>${note}</small>`}</label>`;
  const asItWas = markup`<small>as it was</small>`;
  return markup`<form method="dialog" class="fork-form"><div class="row"><h3 id="fork-title">Fork on day ${String(day)}${line.letter && ` of branch ${line.letter}`}</h3>${closeButton()}</div>
<p class="muted">Change this day. All that follows is lived again: the policy learns from it, and the judge reads the words.</p>
<fieldset><legend>What is done</legend><div class="options two">${option("action", "", "as policy and judge decide", true)}${run.actions.map(
    (action, index) =>
      markup`<label class="option"><input type="radio" name="action" value="${String(index)}">${inlineGlyph(index)}<span>${action.name}</span>${index === lived.done && asItWas}</label>`,
  )}</div></fieldset>
<fieldset><legend>What the participant writes</legend><div class="options">${option("say", "as it was", lived.words ? markup`“${lived.words.slice(0, 120)}”` : "no words", true, "as it was")}${
    lived.words && option("say", "nothing", "no words", false)
  }<label class="option"><input type="radio" name="say" value="other" aria-label="other words"><input type="text" name="words" maxlength="${String(MAX_WORDS)}" placeholder="other words" aria-label="Other words" list="fork-suggestions" autocomplete="off"></label></div><datalist id="fork-suggestions">${run.options.suggestions.map((text) => markup`<option value="${text}"></option>`)}</datalist></fieldset>
<fieldset><legend>What is true</legend><div class="options three">${option("truth", "", "as it was", true)}${option("truth", "1", "can walk", false)}${option("truth", "0", "cannot walk", false)}</div></fieldset>
<div class="row end"><span class="fork-note muted" role="status"></span><button class="btn main" value="fork" type="submit">Live it again</button></div></form>`;
}

/** The button that closes a dialog. */
export function closeButton() {
  return markup`<button class="x" type="button" data-close aria-label="Close"><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M1 1l8 8M9 1L1 9"/></svg></button>`;
}

/**
 * The request to Python, or null if nothing was changed.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} line
 * @param {number} day
 * @param {{action?: string, say?: string, words?: string, truth?: string}} form
 */
export function forkRequest(run, line, day, { action = "", say = "as it was", words = "", truth = "" }) {
  const change = {
    action: action === "" ? null : Number(action),
    words: say === "nothing" ? "" : say === "other" && words.trim() ? words.trim().slice(0, MAX_WORDS) : null,
    can_walk: truth === "" ? null : truth === "1",
  };
  if (Object.values(change).every((value) => value === null)) return null;
  return { identity: run.identity, line: line.key, day, ...change };
}
