import { whole } from "../../player/js/format.js";
import { cross, glyph } from "../../player/js/glyphs.js";
import { markup } from "../../player/js/markup.js";
import { hatched, patterns, spread, ticksOf } from "../../lessons/js/gain_chart.js";

/** The game's picture: steps so far, steps of each day, what was done; at the end what others earn, and what was lost. */

/** Steps so far after each day. @param {number[]} steps */
export function sums(steps) {
  let total = 0;
  return steps.map((value) => (total += value));
}

/**
 * @param {any} game of the payload
 * @param {{width: number, height: number, font: number, gutter: number, scale: number}} size
 */
export function drawGame(game, { width, height, font, gutter, scale }) {
  const { lived, days, end } = game;
  const left = gutter || 2;
  const right = width - scale;
  const column = (right - left) / days;
  const x = (day) => left + (day - 0.5) * column;
  const head = gutter ? 0 : font + 7;
  const row = Math.max(font + 5, Math.min(column * 0.84 + 5, font * 1.8));
  const ribbon = row * (end ? 2 : 1) + 4;
  const axis = font + 18;
  const gap = font * 1.1;
  const free = height - axis - ribbon - gap * (end ? 3 : 2) - head * (end ? 4 : 3) - font;
  const parts = [];
  let top = font * 0.5 + head;
  const band = (share) => {
    const part = { top, bottom: top + free * share };
    top = part.bottom + gap + head;
    return part;
  };
  const totals = band(end ? 0.46 : 0.58);
  const steps = band(end ? 0.27 : 0.42);
  const done = { top: top - (gutter ? 0 : head) + (gutter ? 0 : head) };
  top += ribbon + (end ? gap + head : 0);
  const lost = end ? { top, bottom: top + free * 0.27 } : null;
  const bottom = lost ? lost.bottom : done.top + ribbon;
  const all = end ? end.lines.map((line) => sums(line.steps)) : [];
  const mine = sums(lived.map((day) => day.steps));
  const most = Math.max(1000, ...mine, ...all.flat()) * 1.06;
  const yTotal = (value) => totals.bottom - (value / most) * (totals.bottom - totals.top);
  const ySteps = (value) => steps.bottom - (Math.min(200, value) / 200) * (steps.bottom - steps.top);
  const grid = (y, text, base) => markup`<path class="${base ? "base" : "grid"}" d="M${left} ${y}H${right}"/><text class="t" x="${right + 8}" y="${y + font * 0.35}" font-size="${font}">${text}</text>`;
  const title = (y, text, note) => (gutter ? markup`<text class="b" x="0" y="${y + font * 0.86}" font-size="${font}">${text}</text>${note && markup`<text class="t" x="0" y="${y + font * 2.2}" font-size="${font}">${note}</text>`}` : markup`<text class="b" x="${left}" y="${y - 6}" font-size="${font}">${text}</text>`);
  const path = (values) => values.length > 0 && `M${left} ${yTotal(0)}L${values.map((value, index) => `${x(index + 1).toFixed(1)} ${yTotal(value).toFixed(1)}`).join("L")}`;
  parts.push(patterns());
  if (end) parts.push(hatched(end, { x, column }, totals.top, bottom));
  for (const value of ticksOf(0, most)) parts.push(grid(yTotal(value), whole(value), value === 0));
  if (end) end.lines.forEach((line, index) => parts.push(markup`<path class="line-${line.key}" d="${path(all[index])}"/>${line.left > 0 && markup`<g class="other">${cross(x(line.left), yTotal(all[index][line.left - 1]), 4)}</g>`}`));
  if (mine.length) parts.push(markup`<path class="line-you" d="${path(mine)}"/><circle class="ink" cx="${x(mine.length)}" cy="${yTotal(mine[mine.length - 1])}" r="${font * 0.31}"/>`);
  parts.push(title(totals.top, "Steps so far", end ? "hatched: cannot walk" : ""));
  for (const value of [0, 100, 200]) parts.push(grid(ySteps(value), String(value), value === 0));
  lived.forEach((day, index) => day.steps > 0.5 && parts.push(markup`<rect class="c${day.done}" x="${x(index + 1) - column * 0.33}" width="${column * 0.66}" y="${ySteps(day.steps)}" height="${steps.bottom - ySteps(day.steps)}"/>`));
  parts.push(title(steps.top, "Steps each day"));
  const radius = Math.min(column * 0.4, font * 0.42);
  lived.forEach((day, index) => parts.push(markup`${glyph(day.done, x(index + 1), done.top + row / 2, radius)}${day.by_policy && game.role === "policy" && markup`<path class="by-policy" d="M${x(index + 1) - column / 2} ${done.top - 1}h${column}"/>`}${end && glyph(end.truth[index], x(index + 1), done.top + row * 1.5, radius)}`));
  parts.push(gutter ? markup`<text class="b" x="0" y="${done.top + row / 2 + font * 0.35}" font-size="${font}">What was done</text>${end && markup`<text class="t" x="0" y="${done.top + row * 1.5 + font * 0.35}" font-size="${font}">Truth allowed</text>`}` : markup`<text class="b" x="${left}" y="${done.top - 5}" font-size="${font}">${end ? "Done, and what truth allowed" : "What was done"}</text>`);
  if (lost) parts.push(drawLost(game, { lost, x, column, font, grid, title, left, right }));
  else if (!lived.length) parts.push(markup`<text class="t" x="${(left + right) / 2}" y="${(totals.top + totals.bottom) / 2}" text-anchor="middle" font-size="${font}">${gutter ? "Your line grows here. At the end: what others earn on the same days." : "your line grows here"}</text>`);
  else parts.push(markup`<rect class="cursor-bar" x="${x(lived.length + 1) - column / 2}" width="${column}" y="${totals.top}" height="${bottom - totals.top}" rx="2"/>`);
  const base = height - axis;
  const ticks = [1];
  for (let day = 10; day <= days; day += 10) ticks.push(day);
  parts.push(markup`<path class="base" d="M${left} ${base + 2}H${right}"/>${ticks.map((day) => markup`<text class="t" text-anchor="middle" x="${x(day)}" y="${base + font + 11}" font-size="${font}">${String(day)}</text>`)}${gutter > 0 && markup`<text class="b" x="0" y="${base + font + 2}" font-size="${font}">Day</text>`}`);
  return markup`${parts}`;
}

function drawLost(game, { lost, x, column, font, grid, title, left, right }) {
  const { costs, costliest } = game.end;
  const most = Math.max(100, ...costs);
  const radius = font * 0.62;
  const room = Math.min(font * 1.9, (lost.bottom - lost.top) / 2);
  const y = (value) => lost.bottom - (Math.max(0, value) / most) * (lost.bottom - lost.top - room);
  const bars = costs.map((cost, index) => cost > 0.5 && markup`<rect class="lost-bar" x="${x(index + 1) - column * 0.33}" width="${column * 0.66}" y="${y(cost)}" height="${lost.bottom - y(cost)}"/>`);
  const places = markPlaces(costliest.map(({ day }) => x(day)), { radius, left, right });
  const marks = costliest.map(({ day, cost }, index) => markup`<path class="mark-circle" d="M${x(day)} ${y(cost)}L${places[index]} ${y(cost) - font * 0.9}"/><circle class="mark-circle" cx="${places[index]}" cy="${y(cost) - font * 0.9}" r="${radius}"/><text class="b" x="${places[index]}" y="${y(cost) - font * 0.55}" text-anchor="middle" font-size="${font}">${String(index + 1)}</text>`);
  return markup`${grid(y(0), "0", true)}${grid(y(most), whole(most))}${bars}${marks}${title(lost.top, "Lost each day", "against the best")}`;
}

/** Where circles stand above their days: side by side and within the plot. @param {number[]} days places of the days */
export function markPlaces(days, { radius, left, right }) {
  const places = spread(days, radius * 2 + 3);
  const shift = Math.max(0, left + radius - Math.min(...places)) - Math.max(0, Math.max(...places) + radius - right);
  return places.map((place) => place + shift);
}

/** The sensor's belief between the two places. @param {number} probability of the second place */
export function drawSensor(probability, contexts) {
  const x = 2 + probability * 296;
  return markup`<svg viewBox="0 0 300 36" role="img" aria-label="Sensor between ${contexts[0]} and ${contexts[1]}"><path class="axis-line" d="M2 12H298M2 8v8M298 8v8"/><path class="base" d="M150 8v8"/><path class="ink" d="M${x} 13l-6 -11h12z"/><text class="t" x="2" y="32" font-size="13">${contexts[0]}</text><text class="t" x="150" y="32" text-anchor="middle" font-size="13">no idea</text><text class="t" x="298" y="32" text-anchor="end" font-size="13">${contexts[1]}</text></svg>`;
}

/** What was sent on the last two weeks, and the steps that followed. */
export function drawLately(lived) {
  const days = 14;
  const column = 300 / days;
  const shown = Array.from({ length: days }, (_, place) => lived[lived.length - days + place] ?? null);
  const bars = shown.map((day, place) => {
    const middle = column * (place + 0.5);
    if (!day) return markup`<path class="base" d="M${middle - 2} 67h4"/>`;
    const height = (Math.min(200, day.steps) / 200) * 50;
    return markup`${day.steps > 0.5 && markup`<rect class="c${day.done}" x="${middle - column * 0.3}" width="${column * 0.6}" y="${54 - height}" height="${height}"/>`}${glyph(day.done, middle, 67, 5)}`;
  });
  return markup`<svg viewBox="0 0 300 75" role="img" aria-label="What was sent on the last 14 days, and the steps that followed"><path class="base" d="M0 54H300"/>${bars}</svg>`;
}
