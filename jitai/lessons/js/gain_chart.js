import { signed, whole } from "../../player/js/format.js";
import { markup } from "../../player/js/markup.js";

/** The difference between the two runs day by day, with what was predicted and what many people gain at its right. */

/** The gain after a number of days. */
export function gainUpTo(person, day) {
  const sum = (line) => line.steps.slice(0, day).reduce((total, steps) => total + steps, 0);
  return sum(person.run) - sum(person.against);
}

/** As it is shown: the difference of the whole numbers. */
export function shownGain(person, day) {
  const sum = (line) => Math.round(line.steps.slice(0, day).reduce((total, steps) => total + steps, 0));
  return sum(person.run) - sum(person.against);
}

/** Ends of the scale: what can be predicted, and what this person reaches. */
export function gainScale(person) {
  const asked = person.prediction;
  const values = asked?.values && asked.kind !== "number" ? [asked.values[0], asked.values[asked.values.length - 1]] : [];
  const reached = [];
  for (let day = 0; day <= person.days; day += 1) reached.push(gainUpTo(person, day));
  const ends = [...values, ...reached, 0];
  const [low, high] = [Math.min(...ends), Math.max(...ends, 1)];
  const room = (high - low) * 0.08;
  return { low: low - room, high: high + room };
}

/** Round values on a scale, about five of them. */
export function ticksOf(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = [1, 2, 5, 10].map((step) => step * power).find((step) => step >= rough);
  const ticks = [];
  for (let value = Math.ceil(low / every) * every; value <= high; value += every) ticks.push(Math.round(value));
  return ticks;
}

/** Places along one line, moved apart where they would lie on each other. @param {number[]} places @param {number} least */
export function spread(places, least) {
  const order = places.map((_, index) => index).sort((one, two) => places[one] - places[two]);
  const found = [...places];
  order.forEach((at, rank) => {
    if (rank) found[at] = Math.max(found[at], found[order[rank - 1]] + least);
  });
  const moved = order.length > 1 ? (found[order[order.length - 1]] - places[order[order.length - 1]]) / 2 : 0;
  return found.map((height) => height - moved);
}

/** Where days and steps lie. */
export function gainLayout(person, { width, height, font, gutter, scale, zone }) {
  const left = gutter || 2;
  const right = width - scale - zone;
  const column = (right - left) / person.days;
  const { low, high } = gainScale(person);
  const [top, bottom] = [gutter ? font * 0.6 : font + 8, height - 6];
  return {
    left, right, column, top, bottom, low, high, zone,
    x: (day) => left + (day - 0.5) * column,
    y: (steps) => bottom - ((steps - low) / (high - low)) * (bottom - top),
    value: (y) => low + ((bottom - y) / (bottom - top)) * (high - low),
    bracket: right + zone * 0.2,
  };
}

/**
 * @param {any} person of the payload
 * @param {{layout: any, font: number, gutter: number, day: number, cursor: number, answer: any, shows: boolean, open: boolean, revealed: boolean}} view
 */
export function drawGain(person, view) {
  const { layout, font, gutter, day, cursor, revealed } = view;
  const { left, right, zone, top, bottom, x, y } = layout;
  const end = right + zone;
  const lines = ticksOf(layout.low, layout.high).map(
    (value) => markup`<path class="${value ? "grid" : "base"}" d="M${left} ${y(value)}H${end}"/><text class="t" x="${end + 8}" y="${y(value) + font * 0.35}" font-size="${font}">${whole(value)}</text>`,
  );
  const title = gutter
    ? markup`<text class="b" x="0" y="${top + font * 0.86}" font-size="${font}">Difference</text><text class="t" x="0" y="${top + font * 2.2}" font-size="${font}">so far, in steps</text>`
    : markup`<text class="b" x="0" y="${font}" font-size="${font}">Difference so far, in steps</text>`;
  const bar = cursor > 0 && markup`<rect class="cursor-bar" x="${x(cursor) - layout.column / 2}" width="${layout.column}" y="${top}" height="${bottom - top + 6}" rx="2"/>`;
  return markup`${patterns()}${revealed && hatched(person, layout, top, bottom + 6)}${lines}${title}${bar}${view.shows && predicted(person, view)}${revealed && manyPeople(person, view)}${day > 0 && gainLine(person, view)}${revealed && truthMark(person, view)}`;
}

export function patterns() {
  return markup`<defs><pattern id="lost" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><path class="lost-stroke" d="M0 0V6"/></pattern><pattern id="unable" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch-stroke" d="M0 0V6"/></pattern></defs>`;
}

/** Days on which the person could not walk. */
export function hatched(person, layout, top, bottom) {
  return person.can_walk.map(
    (able, index) =>
      !able && markup`<rect fill="url(#unable)" x="${layout.x(index + 1) - layout.column / 2}" width="${layout.column + 0.3}" y="${top}" height="${bottom - top}"/>`,
  );
}

/** The line, filled where the run is ahead and hatched where it is behind. */
function gainLine(person, { layout, day, font }) {
  const { x, y, left } = layout;
  const points = [[left, 0]];
  for (let at = 1; at <= day; at += 1) points.push([x(at), gainUpTo(person, at)]);
  const areas = [];
  let start = 0;
  const signOf = (value) => Math.sign(Math.round(value));
  for (let index = 1; index <= points.length; index += 1) {
    const changes = index === points.length || (signOf(points[index][1]) !== signOf(points[index - 1][1]) && signOf(points[index - 1][1]) !== 0);
    if (!changes) continue;
    const part = points.slice(Math.max(0, start), Math.min(points.length, index));
    const sign = signOf(part[part.length - 1][1]);
    if (sign && part.length > 1) {
      const path = part.map(([px, value]) => `${px.toFixed(1)} ${y(value).toFixed(1)}`).join("L");
      areas.push(markup`<path ${sign > 0 ? markup`class="gain-area"` : markup`fill="url(#lost)"`} d="M${part[0][0]} ${y(0)}L${path}L${part[part.length - 1][0]} ${y(0)}z"/>`);
    }
    start = index - 1;
  }
  const line = points.map(([px, value]) => `${px.toFixed(1)} ${y(value).toFixed(1)}`).join("L");
  return markup`${areas}<path class="l-run strong" d="M${line}"/><circle class="ink" cx="${x(day)}" cy="${y(gainUpTo(person, day))}" r="${font * 0.31}"/>`;
}

/** The range as a cone with a bracket, or the curve that was drawn. */
function predicted(person, { layout, answer, open, font }) {
  const asked = person.prediction;
  const { x, y, left, right, bracket } = layout;
  if (asked?.kind === "range") {
    const [low, high] = answer.map((index) => asked.values[index]);
    const handles = open && [low, high].map((value) => markup`<circle class="ink" cx="${bracket}" cy="${y(value)}" r="${font * 0.52}"/>`);
    const label = (value, dy) => markup`<text class="b halo" text-anchor="end" x="${right - 6}" y="${y(value) + dy}" font-size="${font}">${whole(value)}</text>`;
    return markup`<path class="cone" d="M${left} ${y(0)}L${right} ${y(high)}V${y(low)}z"/><path class="cone-line" d="M${right} ${y(high)}L${left} ${y(0)}L${right} ${y(low)}"/><path class="bracket" d="M${bracket - 5} ${y(high)}h5V${y(low)}h-5"/>${handles}${open && label(high, -font * 0.7)}${open && label(low, font * 1.4)}`;
  }
  if (asked?.kind === "curve") {
    const knots = asked.days.map((day, index) => [x(day), y(asked.values[answer[index]])]);
    return markup`<path class="cone-line" d="M${left} ${y(0)}L${knots.map((knot) => knot.join(" ")).join("L")}"/>${knots.map(([px, py]) => markup`<circle class="${open ? "ink" : "knot"}" cx="${px}" cy="${py}" r="${font * (open ? 0.5 : 0.3)}"/>`)}`;
  }
  return null;
}

/** What other people of this kind gain: bars at the right, or the mean curve. */
function manyPeople(person, { layout, font }) {
  const { x, y, left, bracket, zone, right, top } = layout;
  const bin = Math.max(1, (layout.high - layout.low) / 26);
  const counts = new Map();
  for (const gain of person.gains) {
    const place = Math.floor(Math.max(layout.low, Math.min(layout.high - 1e-9, gain)) / bin);
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const most = Math.max(...counts.values());
  const bars = [...counts].map(
    ([place, count]) =>
      markup`<rect class="many" x="${bracket + zone * 0.14}" width="${(zone * 0.62 * count) / most}" y="${y((place + 1) * bin) + 0.6}" height="${Math.max(1, y(0) - y(bin) - 1.2)}"/>`,
  );
  const means = person.prediction?.means;
  const curve = means && markup`<path class="l-reference" stroke-dasharray="5 4" d="M${left} ${y(0)}L${means.map((mean, index) => `${x(index + 1).toFixed(1)} ${y(mean).toFixed(1)}`).join("L")}"/>`;
  return markup`${bars}${curve}<text class="t" x="${right + zone}" y="${top + font * 0.2}" text-anchor="end" font-size="${font}">${whole(person.gains.length)} people</text>`;
}

function truthMark(person, { layout, font, gutter }) {
  const gain = shownGain(person, person.days);
  const y = layout.y(gain);
  const label = gutter && markup`<text class="b halo" x="${layout.right - 8}" y="${y - font * 0.7}" text-anchor="end" font-size="${font}">this person ${signed(gain)}</text>`;
  return markup`<path class="truth-line" d="M${layout.right} ${y}H${layout.right + layout.zone}"/>${label}`;
}
