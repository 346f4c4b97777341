import { percentText, probabilityText, shortened, stepsText, whole } from "./format.js";
import { inlineGlyph } from "./glyphs.js";
import { markup } from "./markup.js";
import { dayOf, shownSteps } from "./model.js";

/** The day's card, from sensor to earned. Each slot has a fixed height in the style sheet, so nothing jumps. */

/** Words up to this length stand in the heading's size, then in the text's, then in the small one. */
const SHORT_WORDS = 61;
const LONG_WORDS = 150;
/** Longer words are cut on the card; the table has them whole. */
const MOST_WORDS = 300;

const VERDICT_WORDS = { send: "send", "do not send": "hold back", unsure: "unsure" };

/**
 * The slots' contents by name.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} lead the line that the card follows
 * @param {import("./types.js").Line[]} branches
 * @param {{day: number, revealed: boolean, presenting: boolean}} shown
 */
export function cardSlots(run, lead, branches, { day, revealed, presenting }) {
  const lived = dayOf(lead, day);
  if (day === 0) return beforeTheFirstDay();
  const gone = `${lead.leftOn ? `The person left on day ${lead.leftOn}.` : "This day has not been lived."}`;
  if (!lived) return { ...emptySlots(), words: markup`<span class="bubble none">${gone}</span>`, done: "nobody is there", earned: others(run, lead, branches, day) };
  const label = (name) => (presenting ? `${name}: ` : "");
  return {
    sensor: lived.sensed === null ? markup`${label("Sensor")}no reading` : markup`${label("Sensor")}at ${run.contexts[lived.sensed]}, ${percentText(lived.sure ?? 1)} sure`,
    policy: markup`${label("Policy")}${inlineGlyph(lived.proposed)}<b>${run.actions[lived.proposed].name}</b>`,
    words: wordsBubble(lived),
    judge: judgeWords(lived, presenting),
    source: sourceWords(lived),
    done: lived.held
      ? markup`${inlineGlyph(lived.proposed, true)}<b>held back</b>${lived.vetoed && lived.verdict === "unsure" ? ": judge unsure" : ", no message"}`
      : markup`${inlineGlyph(lived.done)}<b>${run.actions[lived.done].name}</b>${lived.done ? " sent" : ""}`,
    earned: markup`<b>${stepsText(shownSteps(lead, day))}</b>${others(run, lead, branches, day)}`,
    truth: revealed ? truthWords(run, lived) : null,
  };
}

function emptySlots() {
  return { sensor: "", policy: "", words: "", judge: "", source: "", done: "", earned: "", truth: null };
}

function beforeTheFirstDay() {
  return {
    sensor: "guesses: home or work?",
    policy: "proposes a message, or none",
    words: markup`<span class="bubble none">What the participant writes that day appears here.</span>`,
    judge: "reads the words",
    source: "",
    done: "sent, or held back",
    earned: markup`steps that follow<div class="n">in the model’s units</div>`,
    truth: markup`<span class="n">shown for each day</span>`,
  };
}

function wordsBubble({ words, typed }) {
  if (!words) return markup`<span class="bubble none">No words today.</span>`;
  const size = words.length > LONG_WORDS ? "long" : words.length <= SHORT_WORDS ? "short" : "";
  return markup`<span class="bubble ${size}"${typed && markup` title="typed by a person"`}>“${shortened(words, MOST_WORDS)}”</span>`;
}

function judgeWords({ pSend, verdict, source }, presenting) {
  if (!verdict) return "no judge at work";
  if (source === "fallback") return markup`could not answer: <b>${VERDICT_WORDS[verdict]}</b>`;
  if (pSend === null) return markup`${presenting ? "Judge: " : ""}not asked${presenting ? "" : ": no words"}`;
  const probability = probabilityText(pSend);
  if (!presenting) return markup`P(send) ${probability}: <b>${VERDICT_WORDS[verdict]}</b>`;
  const brief = probability.replace("under ", "< ").replace("over ", "> ");
  return markup`Judge: <b>${VERDICT_WORDS[verdict]}</b>, P(send) ${brief}`;
}

/** Where a verdict came from, if not from the judge on this day. */
function sourceWords({ source, reason }) {
  if (source === "remembered") return markup`<span title="The judge said this before, of the same words; it was not asked again. ${reason}">a remembered verdict</span>`;
  if (source === "simulated") return markup`<span title="${reason}">drawn, not read</span>`;
  if (source === "rule" || source === "fallback") return markup`<span title="${reason}">${shortened(reason, 80)}</span>`;
  return "";
}

/** What the other lines earned on the same day. */
function others(run, lead, branches, day) {
  const amount = (line) => {
    const lived = dayOf(line, day);
    return lived ? whole(shownSteps(line, day)) : line.leftOn ? "gone" : "not lived yet";
  };
  const parts = [];
  if (lead !== run.line) parts.push(`${run.line.short.toLowerCase()}: ${amount(run.line)}`);
  if (run.reference && lead !== run.reference) parts.push(`${run.answer.without}: ${amount(run.reference)}`);
  for (const branch of branches) if (branch !== lead && day >= branch.firstDay) parts.push(`${branch.letter}: ${amount(branch)}`);
  const unit = /\d$/.test(parts[parts.length - 1] ?? "") ? " steps" : "";
  return parts.length > 0 && markup`<div class="n">${parts.join("; ")}${unit}</div>`;
}

function truthWords(run, lived) {
  if (!lived.truth) return markup`<span class="n">not known here</span>`;
  if (!lived.truth.known) return markup`<b>not known</b><div class="n">Nobody said whether the typed words are true.</div>`;
  const { canWalk, context } = lived.truth;
  return markup`<b>${canWalk ? "could walk" : "could not walk"}</b>, at ${run.contexts[context]}<div class="n">${truthJudgement(run, lived)}</div>`;
}

/** Whether what was done fits what was true, in a sentence. @param {import("./types.js").Day} lived */
export function truthJudgement(run, lived) {
  const { canWalk, context } = lived.truth;
  if (lived.held) return canWalk ? "Holding back was wrong." : "Holding back was right.";
  if (lived.done === 0) return "Nothing was sent.";
  if (!canWalk) return "It should have been held back.";
  const tailoredTo = run.actions[lived.done].context;
  if (tailoredTo !== undefined && tailoredTo !== context) return "Sent for the wrong place.";
  return lived.done === lived.truth.allowed ? "Sending was right." : `Sending was right; the truth allowed “${run.actions[lived.truth.allowed].name}”.`;
}
