import { cross } from "../../player/js/glyphs.js";
import { markup } from "../../player/js/markup.js";
import { hatched, patterns } from "./gain_chart.js";

/** Steps of each day and the risk of leaving, below the difference. */

/**
 * @param {any} person of the payload
 * @param {{layout: any, height: number, font: number, gutter: number, day: number, pending: number, revealed: boolean}} view
 */
export function drawTracks(person, { layout, height, font, gutter, day, pending, revealed }) {
  const { left, right, column, x } = layout;
  const head = gutter ? 0 : font + 6;
  const gap = font;
  const free = height - gap - 2 * head - 8;
  const steps = { top: 4 + head, bottom: 4 + head + free * 0.68 };
  const risk = { top: steps.bottom + gap + head, bottom: steps.bottom + gap + head + free * 0.32 };
  const most = Math.max(50, ...person.run.steps, ...person.against.steps);
  const top = Math.ceil(most / 50) * 50;
  const ySteps = (value) => steps.bottom - (value / top) * (steps.bottom - steps.top);
  const yRisk = (value) => risk.bottom - value * (risk.bottom - risk.top);
  const scale = (y, text, base) => markup`<path class="${base ? "base" : "grid"}" d="M${left} ${y}H${right}"/><text class="t" x="${right + 8}" y="${y + font * 0.35}" font-size="${font}">${text}</text>`;
  const at = pending || day;
  const cursor = at > 0 && markup`<rect class="cursor-bar" x="${x(at) - column / 2}" width="${column}" y="0" height="${height}"/>${pending > 0 && markup`<text class="b" x="${x(pending)}" y="${ySteps(top * 0.6)}" text-anchor="middle" font-size="${font * 1.3}">?</text>`}`;
  const empty = day === 0 && !pending && gutter > 0 && markup`<text class="t" x="${(left + right) / 2}" y="${ySteps(top * 0.55)}" text-anchor="middle" font-size="${font}">Here: the steps of each day${person.unsure && right - left > font * 34 ? ", and a cross where a message was held back" : ""}.</text>`;
  return markup`${patterns()}${revealed && hatched(person, layout, steps.top, risk.bottom)}${cursor}${scale(ySteps(0), "0", true)}${scale(ySteps(top / 2), String(top / 2))}${scale(ySteps(top), String(top))}${bars(person, { day, x, column, y: ySteps, bottom: steps.bottom, font })}${scale(yRisk(0), "0", true)}${curves(person, { day, x, y: yRisk, left })}<path class="leave" d="M${left} ${yRisk(person.leaves_at)}H${right}"/>${titles(person, { steps, risk, font, gutter, left, day })}${empty}`;
}

function bars(person, { day, x, column, y, bottom, font }) {
  const { run, against } = person;
  const wide = column * 0.66;
  return run.steps.slice(0, day).map((steps, index) => {
    const middle = x(index + 1);
    const held = run.proposed[index] !== 0 && run.done[index] === 0;
    const other = against.steps[index] ?? 0;
    return markup`${other > 0.5 && Math.abs(other - steps) > 0.5 && markup`<rect class="other-bar" x="${middle - column * 0.42}" width="${column * 0.84}" y="${y(other)}" height="${bottom - y(other)}"/>`}${steps > 0.5 && markup`<rect class="c${run.done[index]}" x="${middle - wide / 2}" width="${wide}" y="${y(steps)}" height="${bottom - y(steps)}"/>`}${held && cross(middle, bottom - font * 0.5, Math.min(column * 0.4, font * 0.36))}`;
  });
}

function curves(person, { day, x, y, left }) {
  const line = (columns, name) => {
    const points = columns.risk.slice(0, day).map((risk, index) => `${x(index + 1).toFixed(1)} ${y(Math.min(1, risk)).toFixed(1)}`);
    const gone = columns.left && columns.left <= day && markup`<path class="${name === "run" ? "cross" : "cross other"}" d="M${x(columns.left) - 4} ${y(1) - 4}l8 8m0 -8l-8 8"/>`;
    return points.length > 0 && markup`<path class="l-${name}" ${name === "reference" ? markup`stroke-dasharray="5 4"` : null} d="M${left} ${y(person.start.risk)}L${points.join("L")}"/>${gone}`;
  };
  return markup`${line(person.against, "reference")}${line(person.run, "run")}`;
}

function titles(person, { steps, risk, font, gutter, left, day }) {
  const now = (day ? person.run.risk[Math.min(day, person.run.risk.length) - 1] : person.start.risk) ?? 0;
  if (!gutter) {
    return markup`<text class="b" x="${left}" y="${steps.top - 5}" font-size="${font}">Steps each day</text><text class="b" x="${left}" y="${risk.top - 5}" font-size="${font}">Risk of leaving, ${now.toFixed(2)}</text>`;
  }
  return markup`<text class="b" x="0" y="${steps.top + font * 0.86}" font-size="${font}">Steps each day</text>${person.unsure && markup`${cross(5, steps.top + font * 1.75, 4)}<text class="t" x="14" y="${steps.top + font * 2.2}" font-size="${font}">held back</text>`}<text class="b" x="0" y="${risk.top + font * 0.86}" font-size="${font}">Risk of leaving</text><text class="t" x="0" y="${risk.top + font * 2.2}" font-size="${font}">${now.toFixed(2)}, leaves at ${person.leaves_at}</text>`;
}

/** Days below the tracks, with a mark where the student decides. */
export function drawDays(person, { layout, font, gutter, stops }) {
  const { left, right, x } = layout;
  const every = person.days > 20 ? 10 : 5;
  const ticks = [1];
  for (let day = every; day <= person.days; day += every) ticks.push(day);
  return markup`<path class="base" d="M${left} 4H${right}"/>${ticks.map((day) => markup`<path class="base" d="M${x(day)} 4v5"/><text class="t" text-anchor="middle" x="${x(day)}" y="${font + 12}" font-size="${font}">${String(day)}</text>`)}${stops.map((day) => markup`<path class="ink" d="M${x(day)} 1l5 7h-10z"/>`)}${gutter > 0 && markup`<text class="b" x="0" y="${font + 3}" font-size="${font}">Day</text>`}`;
}
