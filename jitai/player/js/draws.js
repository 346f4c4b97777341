import { glyph } from "./glyphs.js";
import { markup } from "./markup.js";

/** What the policy compared before it proposed: mean and spread of each action, and today's draw. */

/**
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Day | null} day
 * @param {{font: number, width: number, strip: boolean}} size
 */
export function drawDraws(run, day, { font, width, strip }) {
  const weighing = run.axes.weighing;
  if (!weighing) return markup`<span class="n">This policy compares no numbers.</span>`;
  return strip ? onOneStrip(weighing, day, font, width) : inRows(run, weighing, day, font, width);
}

function placeOn(weighing, start, end) {
  return (value) => {
    const share = (value - weighing.low) / (weighing.high - weighing.low);
    return start + Math.max(0, Math.min(1, share)) * (end - start);
  };
}

function inRows(run, weighing, day, font, width) {
  const row = font + 7;
  const names = font * 10;
  const end = width - font * 0.7;
  const x = placeOn(weighing, names, end);
  const height = row * 4 + font + 6;
  const zero = weighing.low < 0 ? 0 : weighing.low;
  const rows = run.actions.map((action, index) => {
    const y = row * (index + 0.5);
    const chosen = day?.proposed === index && day.weighed.length > 0;
    return markup`${glyph(index, font * 0.5, y, font * 0.36)}<text class="${chosen ? "b" : "t"}" x="${font * 1.5}" y="${y + font * 0.35}" font-size="${font}">${action.name}</text>${
      day && oneRow(day, index, x, y, font, chosen)
    }`;
  });
  return markup`<svg viewBox="0 0 ${width} ${height}" height="${height}" role="img" aria-label="What the policy expects of each action, and today’s numbers; the best is proposed"><path class="base" d="M${x(zero)} 0V${row * 4}"/>${rows}<text class="t" font-size="${font}" x="0" y="${height - 3}">${weighing.label}</text><text class="t" text-anchor="middle" font-size="${font}" x="${x(zero)}" y="${height - 3}">${String(zero)}</text><text class="t" text-anchor="end" font-size="${font}" x="${width}" y="${height - 3}">${String(weighing.high)}</text></svg>`;
}

function oneRow(day, action, x, y, font, chosen) {
  const mean = day.expected[action];
  const spread = day.spread[action];
  const value = day.weighed[action];
  return markup`${
    spread !== undefined && markup`<path class="spread" d="M${x(mean - 2 * spread)} ${y}H${x(mean + 2 * spread)}"/>`
  }${mean !== undefined && markup`<path class="mean" d="M${x(mean)} ${y - 4}v8"/>`}${
    value !== undefined &&
    markup`${chosen && markup`<circle class="chosen" cx="${x(value)}" cy="${y}" r="${font * 0.62}"/>`}${glyph(action, x(value), y, font * 0.34)}`
  }`;
}

function onOneStrip(weighing, day, font, width) {
  const x = placeOn(weighing, font * 0.7, width - font * 0.7);
  const y = font * 0.75;
  const height = y + font * 1.75;
  const zero = weighing.low < 0 ? 0 : weighing.low;
  const order = [0, 1, 2, 3].sort((one, two) => Number(one === day?.proposed) - Number(two === day?.proposed));
  const signs = day?.weighed.length
    ? order.map(
        (action) =>
          markup`${action === day.proposed && markup`<circle class="chosen filled" cx="${x(day.weighed[action])}" cy="${y}" r="${font * 0.66}"/>`}${glyph(action, x(day.weighed[action]), y, font * 0.36)}`,
      )
    : null;
  return markup`<svg viewBox="0 0 ${width} ${height}" height="${height}" role="img" aria-label="Today’s number for each action; the best is proposed"><path class="base" d="M2 ${y}H${width - 2}"/><path class="mean" d="M${x(zero)} ${y - 7}v14"/>${signs}<text class="t" font-size="${font}" text-anchor="middle" x="${x(zero)}" y="${height - 4}">${String(zero)}</text><text class="t" font-size="${font}" text-anchor="end" x="${width - 2}" y="${height - 4}">${weighing.label.split(",")[0]}</text></svg>`;
}
