import { percentText, probabilityText, signed, whole } from "../../player/js/format.js";
import { glyph, inlineGlyph } from "../../player/js/glyphs.js";
import { markup } from "../../player/js/markup.js";
import { spread } from "./gain_chart.js";
import { judgeRule, knobText, languageNote, placeNote } from "./lesson_cards.js";
import { sentenceCase, shortName } from "./words.js";

/** The pictures of steps without tracks: choice, see, why, take home, try; and a prediction that is no gain. */

export function drawChoice(step, chosen) {
  const options = step.days
    ? step.days.map(({ day, words, language, can_walk: able }) => ({ head: `Day ${day}`, words, language, truth: able ? "could walk" : "could not walk" }))
    : step.options.map(({ text }) => ({ text }));
  const name = (number) => (step.days ? `day ${step.days[number - 1].day}` : ["the first", "the second", "the third", "the fourth", "the fifth", "the sixth"][number - 1]);
  const verdict = chosen === step.right ? `Right: ${name(chosen)}.` : `You: ${name(chosen || 1)}. Right: ${name(step.right)}.`;
  return choicePanels(options, chosen, step.right, chosen ? markup`<b>${verdict}</b> ${step.answer}` : "");
}

/**
 * Panels to choose from, for a question and for a prediction of the kind "choice".
 * @param {any[]} options
 * @param {number} chosen from 1; 0 for none
 * @param {number} right from 1; 0 where it is not told
 * @param {unknown} answer said once somebody has chosen
 * @param {boolean} closed whether the choice can no longer be changed
 */
export function choicePanels(options, chosen, right, answer, closed = chosen > 0) {
  return markup`<div class="hook"><div class="two many-${String(options.length)}">${options.map((option, index) => {
    const number = index + 1;
    const told = chosen > 0 && right > 0;
    const marks = [told && right === number && "Right", chosen === number && "You"].filter(Boolean);
    const mark = told ? (right === number ? "right" : chosen === number ? "wrong" : "") : chosen === number ? "right" : "";
    return markup`<div class="panel ${mark}"><h4>${option.head}${marks.length > 0 && markup`<span class="marks">${marks.join(", ")}</span>`}</h4>${option.words ? markup`<span class="bubble q">“${option.words}”</span>${languageNote(option.language)}` : markup`<p class="option">${option.text}</p>`}${told && option.truth && markup`<p><b>${sentenceCase(option.truth)}</b></p>`}<button class="btn" data-option="${String(number)}" aria-pressed="${String(chosen === number)}" ${closed && markup`disabled`}>This one <kbd>${String(number)}</kbd></button></div>`;
  })}</div><p class="answer-line" role="status">${answer}</p></div>`;
}

export function drawSee(data, step, size) {
  const { run } = data.people[step.person];
  const index = step.day - 1;
  const row = (name, content) => markup`<div><span class="k">${name}</span><span>${content}</span></div>`;
  const held = run.proposed[index] !== 0 && run.done[index] === 0;
  const person = data.people[step.person];
  const day = markup`<div class="panel"><h3>Day ${String(step.day)}</h3><div class="flow">${row("Sensor", markup`at ${data.contexts[run.sensed[index]]}, ${percentText(run.sure[index])} sure`)}${run.words[index] && row("Words", markup`<span class="bubble">“${run.words[index]}”</span>${languageNote(run.language[index])}`)}${row("Policy", markup`${inlineGlyph(run.proposed[index])}${data.actions[run.proposed[index]]}${placeNote(data, person, index)}`)}${person.unsure && row("Judge", run.p_send[index] === null ? "nothing to read" : markup`P(send) ${probabilityText(run.p_send[index])}<p class="muted small">${judgeRule(person)}</p>`)}${row("Done", held ? markup`${inlineGlyph(run.proposed[index], true)}held back` : markup`${inlineGlyph(run.done[index])}${data.actions[run.done[index]]}`)}${row("Steps", markup`<b>${whole(run.steps[index])}</b>`)}${row("Truth", markup`<span class="hid"><span>hidden until the reveal</span></span>`)}</div></div>`;
  const rules = step.rules.map((rule) => markup`<div class="panel"><h3>${rule.title}</h3><div class="fitbox"><svg viewBox="0 0 ${size.rule} 150" role="img" aria-label="${rule.text}">${drawRule(rule, size.rule, size.font)}</svg></div><p class="muted small">${rule.text}</p></div>`);
  return markup`<div class="two see">${day}<div class="rules">${rules}</div></div>`;
}

function drawRule(rule, width, font) {
  const room = font * 3.4;
  const column = (width - room) / Math.max(3, rule.values.length);
  const y = (value) => 132 - (value / rule.top) * 118;
  const bars = rule.values.map((value, index) => {
    const middle = (index + 0.5) * column;
    return rule.quiet[index] ? glyph(0, middle, 126, 4) : markup`<rect class="rule-bar" x="${middle - column * 0.33}" width="${column * 0.66}" y="${y(value)}" height="${Math.max(0.5, 132 - y(value))}"/>`;
  });
  const limit = rule.limit !== null && markup`<path class="leave" d="M0 ${y(rule.limit)}H${width - room}"/><text class="t" x="${width - room + 4}" y="${y(rule.limit) + 4}" font-size="${font}">leaves</text>`;
  return markup`<path class="base" d="M0 132H${width - room}"/><text class="t" x="${width - room + 4}" y="${y(rule.top) + 4}" font-size="${font}">${rule.top >= 10 ? whole(rule.top) : ""}</text>${bars}${limit}`;
}

export function drawWhySplits(data, step) {
  return markup`<div class="two many-${String(step.people.length)}">${step.people.map((key) => {
    const person = data.people[key];
    return markup`<div class="panel"><p class="muted small">${person.name}</p>${waterfall(person.split)}</div>`;
  })}</div>`;
}

function waterfall(rows) {
  let at = 0;
  const placed = rows.map((row, index) => {
    const total = index === 0 || index === rows.length - 1;
    const from = total ? 0 : at;
    at = total ? row.size : at + row.size;
    return { ...row, from, to: at, total, first: index === 0 };
  });
  const ends = placed.flatMap((row) => [row.from, row.to]);
  const [low, high] = [Math.min(0, ...ends), Math.max(1, ...ends)];
  const place = (value) => ((value - low) / (high - low)) * 100;
  return markup`<div class="fall" role="list">${placed.map((row) => {
    const [start, end] = [row.from, row.to].sort((one, two) => one - two);
    const kind = row.total ? (row.first ? "other" : "run") : row.size >= 0 ? "gain" : "loss";
    const small = !row.total && row.size === 0;
    return markup`<div class="fall-row${small ? " small-part" : ""}" role="listitem"><b>${row.title}</b><span class="n">${row.total ? whole(row.size) : signed(row.size)}</span><span class="fall-bar" aria-hidden="true"><i class="f-${kind}" style="left:${place(start)}%;width:max(2px, ${place(end) - place(start)}%)"></i></span></div>`;
  })}</div>`;
}

export function drawTake(step) {
  return markup`<div class="take">${step.sentences.map((sentence) => markup`<p>${sentence}</p>`)}</div>`;
}

/** The gain of every setting of the knob; each line has its name beside its end. */
export function drawTries(data, step, index, { width, height, font, gutter }) {
  const names = font * 8.2;
  const left = gutter ? gutter * 0.7 : font * 3.2;
  const right = width - names;
  const bottom = height - font * 3.8;
  const top = font * (gutter ? 3.6 : 2);
  const gains = step.people.flatMap((key) => step.tries[key].map((tried) => tried.gain));
  const [least, most] = [Math.min(0, ...gains), Math.max(1, ...gains)];
  const room = (most - least) * 0.08;
  const last = step.values.length - 1;
  const x = (place) => left + (place / Math.max(1, last)) * (right - left);
  const y = (gain) => bottom - ((gain - least + room) / (most - least + 2 * room)) * (bottom - top);
  const lines = step.people.map((key, number) => {
    const path = step.tries[key].map((tried, place) => `${x(place).toFixed(1)} ${y(tried.gain).toFixed(1)}`).join("L");
    return markup`<path class="${number ? "l-reference" : "l-run strong"}" ${number ? markup`stroke-dasharray="5 4"` : null} d="M${path}"/><circle class="ink" cx="${x(index)}" cy="${y(step.tries[key][index].gain)}" r="${font * 0.34}"/>`;
  });
  const heights = spread(step.people.map((key) => y(step.tries[key][last].gain)), font * 1.25);
  const labels = step.people.map((key, number) => markup`<text class="${number ? "t" : "b"}" x="${right + 8}" y="${heights[number] + font * 0.35}" font-size="${font}">${shortName(data.people[key])}</text>`);
  const ticks = [0, ...[least, most].map((gain) => Math.round(gain)).filter((gain) => Math.abs(gain) > (most - least) * 0.05)];
  const grid = ticks.map((gain) => markup`<path class="${gain ? "grid" : "base"}" d="M${left} ${y(gain)}H${right}"/><text class="t" x="${left - 8}" y="${y(gain) + font * 0.35}" text-anchor="end" font-size="${font}">${gain ? signed(gain) : "0"}</text>`);
  const places = [0, Math.floor(last / 2), last].map((place) => markup`<text class="t" x="${x(place)}" y="${bottom + font * 1.5}" text-anchor="middle" font-size="${font}">${String(step.values[place])}</text>`);
  const title = gutter ? markup`<text class="b" x="0" y="${font * 1.4}" font-size="${font}">Gained</text><text class="t" x="0" y="${font * 2.8}" font-size="${font}">in steps</text>` : markup`<text class="b" x="0" y="${font}" font-size="${font}">Gained, in steps</text>`;
  const setting = gutter > 0 && markup`<text class="b" x="${x(index)}" y="${top - font * 0.5}" text-anchor="middle" font-size="${font}">${knobText(step, index)}</text>`;
  return markup`<rect class="cursor-bar" x="${x(index) - 5}" width="10" y="${top}" height="${bottom - top}"/>${setting}${grid}${lines}${labels}${places}<text class="b" x="${(left + right) / 2}" y="${bottom + font * 3.1}" text-anchor="middle" font-size="${font}">${step.knob === "unsure" ? `${step.name}: P(send) below` : step.name}</text>${title}`;
}

/** A number on its axis, with the truth once it is shown. */
export function drawNumber(person, answer, revealed, { width, height, font }) {
  const { values, truth } = person.prediction;
  const [low, high] = [values[0], values[values.length - 1]];
  const [left, right] = [font * 2, width - font * 3];
  const y = height * 0.55;
  const x = (value) => left + ((value - low) / (high - low)) * (right - left);
  const mark = (value, label, side, name) => markup`<path class="${name}" d="M${x(value)} ${y + side * 4}l-9 ${side * 18}h18z"/><text class="b" x="${x(value)}" y="${y + side * 42 + font * 0.4}" text-anchor="middle" font-size="${font * 1.3}">${label} ${whole(value)}</text>`;
  return markup`<path class="axis-line" d="M${left} ${y}H${right}M${left} ${y - 8}v16M${right} ${y - 8}v16"/><text class="t" x="${left}" y="${y + font * 2.2}" text-anchor="middle" font-size="${font}">${whole(low)}</text><text class="t" x="${right}" y="${y + font * 2.2}" text-anchor="middle" font-size="${font}">${whole(high)}</text>${mark(values[answer], "you", -1, "ink")}${revealed && mark(truth, "the answer", 1, "truth-mark")}`;
}
