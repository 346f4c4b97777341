import { whole } from "../../player/js/format.js";
import { markup } from "../../player/js/markup.js";
import { shownGain } from "./gain_chart.js";
import { headlineDay } from "./lesson_cards.js";
import { minutesText } from "./lesson_notes.js";
import { sentenceCase } from "./words.js";

/** The lines above the picture: what it is of, the headline, and one sentence. */

const HOW_TO_PREDICT = {
  range: "Drag the two ends of the range, or use the arrow keys.",
  number: "Move the slider, or use the arrow keys.",
  curve: "Drag the points of the curve, or use the sliders.",
  choice: "Choose with the keys or a click.",
};

/** @param {any} data @param {any} state @param {any} step @param {string} phase @param {any} person */
export function drawHeadWords(data, state, step, phase, person) {
  const ofPerson = ["watch", "reveal", "predict"].includes(phase);
  return { eye: ofPerson ? person.name : `${data.lesson.title}, ${minutesText(data.lesson.minutes)}`, ...headAndSub(data, state, step, phase, person) };
}

function headAndSub(data, state, step, phase, person) {
  if (phase === "predict") {
    const how = HOW_TO_PREDICT[person.prediction.kind];
    return { head: person.prediction.ask, sub: state.locked[step.person] ? "Locked in. Your points come with the truth." : (step.kind === "predict" && step.text) || how };
  }
  if (phase !== "watch" && phase !== "reveal") return { head: step.title || step.name, sub: step.text };
  const day = phase === "reveal" ? person.days : headlineDay(data, state, step.person);
  const gain = shownGain(person, day);
  const number = markup`<mark class="${gain < 0 ? "loss" : gain > 0 ? "" : "none"}">${whole(Math.abs(gain))}</mark>`;
  const head = day === 0 ? step.title || "Press play." : markup`${person.subject}${day < person.days ? " has" : ""} ${gain < 0 ? "cost" : "gained"} ${number} steps`;
  // The text of a second person belongs to the reveal: before it, it would give the answer away.
  const own = phase === "reveal" ? step.kind !== "watch" && step.text : step.kind === "watch" && day === 0 && step.text;
  return { head, sub: own || usualSub(person, phase, day) };
}

function usualSub(person, phase, day) {
  const { left } = person.against;
  if (phase === "reveal") return `${person.can_walk.includes(0) ? "Hatched: days on which this person could not walk. " : ""}On the right, in grey: ${whole(person.gains.length)} people like this one.`;
  return left && left <= day ? `${sentenceCase(person.without)} this person left on day ${left}.` : `Dashed: ${person.without}.`;
}
