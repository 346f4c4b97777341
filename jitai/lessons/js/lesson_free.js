import { percentText, signed, whole } from "../../player/js/format.js";
import { glyph, inlineGlyph } from "../../player/js/glyphs.js";
import { markup } from "../../player/js/markup.js";
import { shortName } from "./words.js";

/** The pictures of steps without tracks: choice, see, why, take home, try; and a prediction that is no gain. */

export function drawChoice(step, chosen) {
  const options = step.days ? step.days.map(({ day, words }) => ({ head: `Day ${day}`, words })) : step.options.map(({ text }) => ({ text }));
  return choicePanels(options, chosen, step.right, chosen ? step.answer : "");
}

/** Panels to choose from, for a question and for a prediction of the kind "choice". */
export function choicePanels(options, chosen, right, answer) {
  return markup`<div class="hook"><div class="two many-${String(options.length)}">${options.map((option, index) => {
    const number = index + 1;
    const mark = chosen && right === number ? "right" : "";
    return markup`<div class="panel ${mark}">${option.head && markup`<h4>${option.head}</h4>`}${option.words ? markup`<span class="bubble q">“${option.words}”</span>` : markup`<p class="option">${option.text}</p>`}<button class="btn" data-option="${String(number)}" aria-pressed="${String(chosen === number)}">This one <kbd>${String(number)}</kbd></button></div>`;
  })}</div><p class="answer-line" role="status">${answer}</p></div>`;
}

export function drawSee(data, step, size) {
  const { run } = data.people[step.person];
  const index = step.day - 1;
  const row = (name, content) => markup`<div><span class="k">${name}</span><span>${content}</span></div>`;
  const held = run.proposed[index] !== 0 && run.done[index] === 0;
  const person = data.people[step.person];
  const day = markup`<div class="panel"><h3>Day ${String(step.day)}</h3><div class="flow">${row("Sensor", markup`at ${data.contexts[run.sensed[index]]}, ${percentText(run.sure[index])} sure`)}${run.words[index] && row("Words", markup`<span class="bubble">“${run.words[index]}”</span>`)}${row("Policy", markup`${inlineGlyph(run.proposed[index])}${data.actions[run.proposed[index]]}`)}${person.unsure && row("Judge", run.p_send[index] === null ? "nothing to read" : markup`P(send) ${run.p_send[index].toFixed(2)}`)}${row("Done", held ? markup`${inlineGlyph(run.proposed[index], true)}held back` : markup`${inlineGlyph(run.done[index])}${data.actions[run.done[index]]}`)}${row("Steps", markup`<b>${whole(run.steps[index])}</b>`)}${row("Truth", markup`<span class="hid"><span>hidden until the reveal</span></span>`)}</div></div>`;
  const rules = step.rules.map((rule) => markup`<div class="panel"><h3>${rule.title}</h3><div class="fitbox"><svg viewBox="0 0 ${size.rule} 150" role="img" aria-label="${rule.text}">${drawRule(rule, size.rule)}</svg></div><p class="muted small">${rule.text}</p></div>`);
  return markup`<div class="two see">${day}<div class="rules">${rules}</div></div>`;
}

function drawRule(rule, width) {
  const column = (width - 40) / Math.max(3, rule.values.length);
  const y = (value) => 132 - (value / rule.top) * 118;
  const bars = rule.values.map((value, index) => {
    const middle = (index + 0.5) * column;
    return rule.quiet[index] ? glyph(0, middle, 126, 4) : markup`<rect class="rule-bar" x="${middle - column * 0.33}" width="${column * 0.66}" y="${y(value)}" height="${Math.max(0.5, 132 - y(value))}"/>`;
  });
  const limit = rule.limit !== null && markup`<path class="leave" d="M0 ${y(rule.limit)}H${width - 40}"/><text class="t" x="${width - 36}" y="${y(rule.limit) + 4}" font-size="12">leaves</text>`;
  return markup`<path class="base" d="M0 132H${width - 40}"/><text class="t" x="${width - 36}" y="${y(rule.top) + 4}" font-size="12">${rule.top >= 10 ? whole(rule.top) : ""}</text>${bars}${limit}`;
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

/** The gain of every setting of the knob. */
export function drawTries(data, step, index, { width, height, font, gutter, scale }) {
  const left = gutter || 4;
  const right = width - scale;
  const gains = step.people.flatMap((key) => step.tries[key].map((tried) => tried.gain));
  const [least, most] = [Math.min(0, ...gains), Math.max(1, ...gains)];
  const room = (most - least) * 0.08;
  const x = (place) => left + (place / Math.max(1, step.values.length - 1)) * (right - left);
  const y = (gain) => height - font * 2.6 - ((gain - least + room) / (most - least + 2 * room)) * (height - font * 3.6);
  const lines = step.people.map((key, number) => {
    const path = step.tries[key].map((tried, place) => `${x(place).toFixed(1)} ${y(tried.gain).toFixed(1)}`).join("L");
    const label = x(Math.round((step.values.length - 1) * (number ? 0.3 : 0.72)));
    const near = step.tries[key][Math.round((step.values.length - 1) * (number ? 0.3 : 0.72))].gain;
    return markup`<path class="${number ? "l-reference" : "l-run strong"}" ${number ? markup`stroke-dasharray="5 4"` : null} d="M${path}"/><circle class="ink" cx="${x(index)}" cy="${y(step.tries[key][index].gain)}" r="${font * 0.34}"/><text class="${number ? "t" : "b"} halo" x="${label}" y="${y(near) - font * 0.8}" text-anchor="middle" font-size="${font}">${shortName(data.people[key])}</text>`;
  });
  const ticks = [least, most].map((gain) => Math.round(gain)).filter((gain) => Math.abs(gain) > (most - least) * 0.05);
  const ends = [0, Math.floor((step.values.length - 1) / 2), step.values.length - 1];
  return markup`<rect class="cursor-bar" x="${x(index) - 5}" width="10" y="0" height="${height - font * 2}"/><path class="base" d="M${left} ${y(0)}H${right}"/><text class="t" x="${right + 8}" y="${y(0) + font * 0.35}" font-size="${font}">0</text>${ticks.map((gain) => markup`<path class="grid" d="M${left} ${y(gain)}H${right}"/><text class="t" x="${right + 8}" y="${y(gain) + font * 0.35}" font-size="${font}">${signed(gain)}</text>`)}${lines}${ends.map((place) => markup`<text class="t" x="${x(place)}" y="${height - font * 0.5}" text-anchor="middle" font-size="${font}">${String(step.values[place])}</text>`)}${gutter > 0 && markup`<text class="b" x="0" y="${font * 1.4}" font-size="${font}">Gained</text><text class="t" x="0" y="${font * 2.8}" font-size="${font}">in steps</text>`}`;
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
