import { percentText, probabilityText, signed, stepsText, whole } from "../../player/js/format.js";
import { inlineGlyph } from "../../player/js/glyphs.js";
import { markup } from "../../player/js/markup.js";
import { shownGain } from "./gain_chart.js";
import { isPending, phaseOf, scoreOf, shownDay, stepOf } from "./lesson_state.js";
import { sentenceCase, shortName, stepName } from "./words.js";

/** The card beside the picture, for each kind of step. */

/** @param {any} data @param {any} state */
export function drawCard(data, state) {
  const step = stepOf(data, state);
  const person = data.people[step.person];
  const phase = phaseOf(data, state);
  if (phase === "predict") return predictCard(data, state, step, person);
  if (phase === "watch") return watchCard(data, state, step, person);
  if (phase === "reveal") return revealCard(data, state, step, person);
  if (step.kind === "take") return takeCard(data, state);
  if (step.kind === "try") return tryCard(data, state, step);
  const heading = { choice: "Before we begin", see: "What you see", why: "What the split says" }[step.kind];
  return markup`<h3>${heading}</h3>${notesList(step.notes)}`;
}

function notesList(notes) {
  return notes.length > 0 && markup`<ul>${notes.map((note) => markup`<li>${note}</li>`)}</ul>`;
}

/** The controls of a prediction; their numbers are written by `syncPrediction`. */
function predictCard(data, state, step, person) {
  const asked = person.prediction;
  if (asked.kind === "choice") {
    return markup`<h3>Your answer</h3>${notesList(step.notes)}<p class="foot">There is one answer. It is scored when the truth is shown.</p>`;
  }
  const last = asked.values.length - 1;
  const locked = state.locked[step.person] && markup`disabled`;
  const slider = (name, label) => markup`<label for="slider-${name}"><span>${label}</span> <output data-value="${name}"></output></label><input type="range" id="slider-${name}" data-slider="${name}" min="0" max="${String(last)}" step="1" ${locked}>`;
  const controls =
    asked.kind === "range" ? markup`${slider("high", "At most")}${slider("low", "At least")}`
    : asked.kind === "number" ? slider("number", "My answer")
    : asked.days.map((day, index) => slider(`day-${index}`, `Day ${day}`));
  const rows =
    asked.kind === "range" ? [["The whole axis", "0 points"], ["The best range there is", "100 points"], ["Narrow, in the wrong place", "below 0"]]
    : asked.kind === "number" ? [["As far away as can be", "0 points"], ["Right", "100 points"]]
    : [["A flat line at zero", "0 points"], ["The mean of all people", "100 points"]];
  const rule = {
    range: `The truth should be as likely inside as outside. You are scored against ${whole(data.lesson.many)} people like this one, not against one: luck does not count.`,
    number: `It is a number about ${whole(data.lesson.many)} people: luck does not count.`,
    curve: `You are scored against the mean of ${whole(data.lesson.many)} people like this one: luck does not count.`,
  }[asked.kind];
  return markup`<h3>${{ range: "Your range", number: "Your number", curve: "Your curve" }[asked.kind]}</h3>${notesList(step.notes)}<div class="sliders ${asked.kind}">${controls}</div><p data-part="said-range"></p><div class="foot"><p>${rule}</p><div class="pairs">${rows.map(([what, points]) => markup`<span>${what}</span><span>${points}</span>`)}</div></div>`;
}

/** What the controls of a prediction say, as a sentence. */
export function predictionText(person, answer, locked = false) {
  const asked = person.prediction;
  if (locked) return `Locked in. ${predictionText(person, answer).replace(/^So far: anything is possible.*/, "Anything is possible.")}`;
  if (asked.kind === "range") {
    const [low, high] = answer.map((index) => asked.values[index]);
    if (answer[0] === 0 && answer[1] === asked.values.length - 1) return "So far: anything is possible. Move the two ends.";
    return `As likely inside as outside: ${whole(low)} to ${whole(high)} steps${high < 0 ? ", so it costs" : low > 0 ? ", so it gains" : ""}.`;
  }
  if (asked.kind === "number") return `Your answer: ${whole(asked.values[answer])}.`;
  return `Your curve ends at ${signed(asked.values[answer[answer.length - 1]])} steps.`;
}

function watchCard(data, state, step, person) {
  const key = step.person;
  const day = state.day[key];
  const index = day - 1;
  if (day === 0) return markup`<h3>Before day 1</h3>${notesList(step.notes)}<p>${stopsText(person)}</p>${person.unsure && markup`<p class="muted small">${judgeRule(person)}</p>`}`;
  const { run } = person;
  if (day > run.done.length) return markup`<h3>Day ${String(day)}</h3><p>This person has left the study, on day ${String(run.left)}.</p>`;
  const pending = isPending(data, state, key);
  const decided = state.said[key + day];
  const words = run.words[index];
  const asksWalk = person.stops.every((stop) => stop.truth === "can walk");
  const proposes = asksWalk && markup`<h4>The policy proposes</h4><p>${inlineGlyph(run.proposed[index])}${data.actions[run.proposed[index]]}</p>${placeNote(data, person, index)}`;
  const sensor = markup`<h4>The sensor reads</h4><p>${sentenceCase(data.contexts[run.sensed[index]])}, ${percentText(run.sure[index])} sure</p>`;
  const spoken = (words || person.unsure) && markup`<h4>Words</h4><p class="words">${bubble(words, run.language[index])}</p>`;
  const decide = pending && markup`<p><b>${asksWalk ? "This day decides. Send, or hold back?" : "Send a message today, or let it rest?"}</b></p><div class="choose"><button class="btn" data-say="send">Send <kbd>S</kbd></button><button class="btn" data-say="hold">${asksWalk ? "Hold back" : "Rest"} <kbd>H</kbd></button></div>`;
  const after = !pending && markup`${decided && markup`<p><b>You: ${decided === "send" ? "send" : asksWalk ? "hold back" : "rest"}.</b></p>`}${outcome(data, person, index)}`;
  return markup`<h3>Day ${String(day)} <small>of ${String(person.days)}</small></h3>${proposes || sensor}${spoken}<div class="decide-slot">${decide}${after}</div><p class="foot">${decidedText(state, key, person)}</p>`;
}

function stopsText(person) {
  const { length } = person.stops;
  if (!length) return "It plays to the end.";
  return `It stops ${length === 1 ? "once" : `${["", "", "twice", "three times", "four times"][length] ?? "several times"}`}, on a day that decides. There you choose first.`;
}

/** What P(send) is, and what the judge does with it. */
export function judgeRule(person) {
  const [low, high] = person.unsure;
  const holds = person.holds_unsure ? `Below ${high} it holds back; from ${low} it is unsure.` : `Below ${low} it holds back; from ${low} to ${high} it is unsure.`;
  return `P(send): how sure the judge is that a message may be sent. ${low < high ? holds : `Below ${low} it holds back.`}`;
}

/** Why a message may be for another place than the sensor's. */
export function placeNote(data, person, index) {
  const { proposed, sensed } = person.run;
  const place = proposed[index] - 2;
  return place >= 0 && place !== sensed[index] && markup`<p class="muted small">The sensor says ${data.contexts[sensed[index]]}. ${person.proposes}</p>`;
}

/** What was done on a day that may be seen, without the hidden truth. */
function outcome(data, person, index) {
  const { run, against } = person;
  const held = run.proposed[index] !== 0 && run.done[index] === 0;
  const verdict = run.verdict[index] && run.p_send[index] !== null && run.words[index] && markup`<p>The judge: ${{ send: "send", "do not send": "hold back", unsure: held ? "unsure, and an unsure judge holds back" : "unsure" }[run.verdict[index]]}, P(send) ${probabilityText(run.p_send[index])}${run.proposed[index] === 0 ? "; but there was no message to hold back" : ""}.</p>`;
  const other = against.steps[index];
  const twin = against.left && against.left < index + 1 ? `${sentenceCase(person.without)}, this person had left on day ${against.left}.` : other === undefined ? "" : `${sentenceCase(person.without)}: ${stepsText(other)}.`;
  return markup`${verdict}<p>${inlineGlyph(held ? run.proposed[index] : run.done[index], held)}${held ? "Held back" : sentenceCase(data.actions[run.done[index]])}: <b>${stepsText(run.steps[index])}</b></p><p class="muted">${twin}</p>`;
}

function bubble(words, language) {
  if (!words) return markup`<span class="bubble none">No words today.</span>`;
  return markup`<span class="bubble ${words.length > 150 ? "long" : words.length < 62 ? "short" : ""}">“${words}”</span>${languageNote(language)}`;
}

/** People write in several languages. @param {string} language empty for English */
export function languageNote(language) {
  return language && markup`<span class="language muted small">in ${language}, which the judge reads as it is</span>`;
}

function decidedText(state, key, person) {
  const done = person.stops.filter((stop) => state.said[key + stop.day]).map((stop) => `day ${stop.day}, you: ${state.said[key + stop.day] === "send" ? "send" : stop.truth === "best" ? "rest" : "hold back"}`);
  return done.length ? sentenceCase(`${done.join("; ")}.`) : "";
}

/** @param {number} score @param {boolean} wide whether far more lie inside the range than was asked */
export function scoreWord(score, wide = false) {
  if (score < 0) return "Surer than there was reason to be: worse than no answer at all.";
  if (wide && score < 80) return "Too wide: far more lie inside than was asked.";
  if (score < 40) return "Better than no answer.";
  return score < 80 ? "Well judged." : "About as well as anybody can know it.";
}

function revealCard(data, state, step, person) {
  const key = step.person;
  const asked = person.prediction;
  const given = state.locked[key];
  const score = given ? scoreOf(person, state.answer[key]) : null;
  return markup`<h3>${given ? "Your prediction and the truth" : "The truth"}</h3>${asked && markup`<div class="pairs">${truthPairs(data, person, state.answer[key], given)}</div>`}${score !== null && markup`<p class="score"><b>${whole(score)}</b> of 100 points</p><p>${scoreWord(score, isTooWide(person, state.answer[key]))}</p>`}${decisionsTable(data, state, key, person)}${notesList(step.notes)}<div class="foot">${asked?.kind === "range" && markup`<p>Best range for people of this kind: ${whole(asked.best[0])} to ${whole(asked.best[1])}.</p>`}${given && saveButton(state)}</div>`;
}

/** The share of people whose gain lies within a range. @param {number[]} range both ends */
function shareInside(person, [low, high]) {
  return person.gains.filter((value) => value >= low && value <= high).length / person.gains.length;
}

/** Whether a range leaves out less than half of those that it was asked to leave out. */
function isTooWide(person, answer) {
  const asked = person.prediction;
  return asked.kind === "range" && shareInside(person, answer.map((index) => asked.values[index])) > (1 + asked.sure) / 2;
}

function truthPairs(data, person, answer, given) {
  const asked = person.prediction;
  const gain = shownGain(person, person.days);
  const pair = (name, value) => markup`<span>${name}</span><span>${value}</span>`;
  if (asked.kind === "range") {
    const [low, high] = answer.map((index) => asked.values[index]);
    const place = gain < low ? ", below your range" : gain > high ? ", above your range" : ", inside";
    const inside = shareInside(person, [low, high]);
    return markup`${given && pair("You, half sure", markup`<b>${whole(low)} to ${whole(high)}</b>`)}${pair("This person", markup`<b>${whole(gain)}</b>${given && place}`)}${given && pair(`${whole(person.gains.length)} like this one`, markup`<b>${Math.round(inside * 100)} %</b> inside`)}`;
  }
  if (asked.kind === "number") return markup`${given && pair("You", markup`<b>${whole(asked.values[answer])}</b>`)}${pair("The answer", markup`<b>${whole(asked.truth)}</b>`)}`;
  if (asked.kind === "choice") return markup`${given && answer > 0 && pair("You", asked.options[answer - 1].text)}${asked.options.map((option) => pair(option.text, markup`<b>${whole(option.worth)}</b>`))}`;
  return markup`${given && pair("You, at the end", markup`<b>${signed(asked.values[answer[answer.length - 1]])}</b>`)}${pair("This person", markup`<b>${signed(gain)}</b>`)}${pair(`Mean of ${whole(person.gains.length)}`, markup`<b>${signed(asked.means[asked.means.length - 1])}</b>`)}`;
}

function decisionsTable(data, state, key, person) {
  if (!person.stops.length) return null;
  const byTruth = person.stops[0].truth === "can walk";
  const word = (send) => (send ? "send" : byTruth ? "hold" : "rest");
  return markup`<table class="decisions"><thead><tr><th></th><th>You</th><th>${person.unsure ? "Judge" : "Run"}</th><th>${byTruth ? "Truth" : "Best"}</th></tr></thead><tbody>${person.stops.map(({ day, send }) => {
    const mine = state.said[key + day];
    return markup`<tr><td>Day ${String(day)}</td><td>${mine ? word(mine === "send") : "–"}</td><td>${word(person.run.done[day - 1] !== 0)}</td><td><b>${byTruth ? (send ? "could walk" : "could not") : word(send)}</b></td></tr>`;
  })}</tbody></table>`;
}

/** A file under a code: whose it is, only the student knows. */
function saveButton(state) {
  return markup`<button class="btn" data-do="save">Save my answers</button><p class="muted small not-on-paper">One small file for your teacher, under the code ${state.code} and without a name. Nothing is sent anywhere.</p>`;
}

function takeCard(data, state) {
  const people = Object.entries(data.people);
  const rows = people.filter(([key, person]) => person.prediction && state.locked[key]);
  const live = people.filter(([, person]) => person.live);
  return markup`<h3>Your points</h3>${rows.length ? markup`<div class="pairs">${rows.map(([key, person]) => markup`<span>${shortName(person)}</span><span><b>${whole(scoreOf(person, state.answer[key]))}</b> of 100</span>`)}</div>` : markup`<p>You have locked no prediction in.</p>`}${saveButton(state)}${live.length > 0 && markup`<h4 class="not-on-paper">Look closer</h4><p class="not-on-paper">These days on Live, where you can change each of them: ${live.map(([, person], index) => markup`${index > 0 && ", "}<a class="link" href="${person.live}" target="_blank" rel="noopener">${shortName(person)}</a>`)}.</p>`}<p class="foot"><button class="link" data-do="fresh">Start afresh</button>${state.again && " This is a second go; the class view leaves it out."}</p>`;
}

function tryCard(data, state, step) {
  const index = state.knob[state.step] ?? nearestIndex(step);
  const rows = step.people.map((key) => {
    const tried = step.tries[key][index];
    return markup`<tr><td>${shortName(data.people[key])}</td><td class="r">${signed(tried.gain)}</td>${data.people[key].unsure && markup`<td class="r">${String(tried.right)} of ${String(tried.held)}</td>`}<td>${tried.left ? `day ${tried.left}` : "stays"}</td></tr>`;
  });
  const judged = step.people.some((key) => data.people[key].unsure);
  return markup`<h3>${stepName(step)}</h3><label for="knob"><span>${step.name}</span> <output data-value="knob">${knobText(step, index)}</output></label><input type="range" id="knob" data-slider="knob" min="0" max="${String(step.values.length - 1)}" step="1"><table class="decisions"><thead><tr><th></th><th class="r">gain</th>${judged && markup`<th class="r">held rightly</th>`}<th>leaves</th></tr></thead><tbody data-part="knob-rows">${rows}</tbody></table>${notesList(step.notes)}${state.knob[state.step] !== undefined && markup`<p><b>${step.verdict}</b></p>`}<p class="foot">Every setting is the whole study lived again. All else is locked.</p>`;
}

/** The setting as it stands in the run, or the first. */
export function nearestIndex(step) {
  return step.now === null ? 0 : step.values.reduce((best, value, index) => (Math.abs(value - step.now) < Math.abs(step.values[best] - step.now) ? index : best), 0);
}

export function knobText(step, index) {
  return String(Math.round(step.values[index] * 1000) / 1000);
}

/** @returns {number} the day that may be seen, for the headline */
export function headlineDay(data, state, key) {
  return shownDay(data, state, key);
}
