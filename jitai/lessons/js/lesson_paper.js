import { markup } from "../../player/js/markup.js";
import { drawGain, gainLayout } from "./gain_chart.js";
import { drawCard, nearestIndex, predictionText } from "./lesson_cards.js";
import { choicePanels, drawChoice, drawNumber, drawSee, drawTake, drawTries, drawWhySplits } from "./lesson_free.js";
import { minutesText } from "./lesson_notes.js";
import { phaseOf, shownDay } from "./lesson_state.js";
import { drawHeadWords } from "./lesson_words.js";
import { drawDays, drawTracks } from "./tracks.js";
import { stepName } from "./words.js";

/** What is printed: every step that has been reached, one below the other, without anything to press. */

const SIZES = { width: 700, font: 12, gutter: 112, scale: 46, zone: 100 };

/** @param {any} data @param {any} state */
export function drawLessonPaper(data, state) {
  const steps = data.steps.slice(0, state.reached).map((step, index) => drawStep(data, { ...state, step: index + 1 }, step));
  return markup`<h1>${data.lesson.title}</h1>${steps}<p class="muted">A simulation, no medical advice. Steps are the model’s units.</p>`;
}

function drawStep(data, state, step) {
  const person = data.people[step.person];
  const phase = phaseOf(data, state);
  const { head, sub } = drawHeadWords(data, state, step, phase, person);
  const card = phase === "predict" ? markup`<p>${person.prediction.kind === "choice" ? "" : predictionText(person, state.answer[step.person], state.locked[step.person])}</p>` : drawCard(data, state);
  return markup`<section class="step"><h2><span>${String(state.step)}. ${stepName(step)}</span> <small>${minutesText(step.minutes)}</small></h2><p class="says"><b>${head}</b></p><p class="muted">${sub}</p>${picture(data, state, step, phase, person)}<div class="beside">${card}</div></section>`;
}

function picture(data, state, step, phase, person) {
  const asked = phase === "predict" ? person.prediction.kind : "";
  if (phase === "watch" || phase === "reveal" || asked === "range" || asked === "curve") return tracks(data, state, step, phase, person);
  const figure = (height, content) => markup`<svg viewBox="0 0 ${SIZES.width} ${height}">${content}</svg>`;
  if (asked === "number") return figure(120, drawNumber(person, state.answer[step.person], false, { ...SIZES, height: 120 }));
  if (asked === "choice") return choicePanels(person.prediction.options, state.answer[step.person], 0, "");
  if (step.kind === "choice") return drawChoice(step, state.chosen[state.step] ?? 0);
  if (step.kind === "see") return drawSee(data, step, { rule: 300, font: SIZES.font });
  if (step.kind === "why") return drawWhySplits(data, step);
  if (step.kind === "try") return figure(240, drawTries(data, step, state.knob[state.step] ?? nearestIndex(step), { ...SIZES, height: 240 }));
  return drawTake(step);
}

function tracks(data, state, step, phase, person) {
  const key = step.person;
  const revealed = phase === "reveal";
  const day = revealed ? person.days : phase === "predict" ? 0 : shownDay(data, state, key);
  const layout = gainLayout(person, { ...SIZES, height: 230 });
  const view = { ...SIZES, layout, day, cursor: 0, answer: state.answer[key], shows: Boolean(person.prediction) && (phase === "predict" || state.locked[key]), open: false, revealed };
  const figure = (height, content) => markup`<svg viewBox="0 0 ${SIZES.width} ${height}">${content}</svg>`;
  return markup`${figure(230, drawGain(person, view))}${day > 0 && figure(130, drawTracks(person, { ...view, height: 130, pending: 0 }))}${figure(30, drawDays(person, { ...SIZES, layout, stops: phase === "predict" ? [] : person.stops.map((stop) => stop.day) }))}`;
}
