/**
 * Where the tracks stand.
 *
 * @typedef {{top: number, height: number, bottom: number}} Track
 * @typedef {object} Layout
 * @property {number} left of day 1's column
 * @property {number} right of the last day's column
 * @property {number} column width of a day
 * @property {(day: number) => number} x centre of a day
 * @property {Record<string, Track>} tracks by name, top to bottom
 * @property {number} glyph radius of the ribbon's signs
 * @property {number} row height of the ribbon's rows
 * @property {boolean} narrow titles stand above the tracks
 * @property {number} top
 * @property {number} bottom
 * @property {number} width
 * @property {number} height
 */

/** Tracks, top to bottom; shares of the height. The ribbon has rows of fixed height instead. */
const SHARES = { stepsSoFar: 2.5, stepsADay: 2.35, ribbon: 0, habituation: 0.92, risk: 1 };

/**
 * @param {object} size
 * @param {number} size.width
 * @param {number} size.height
 * @param {number} size.font
 * @param {number} size.gutter
 * @param {number} size.scale
 * @param {number} size.days
 * @param {string[]} [size.without] tracks that are left out; never the first two
 * @returns {Layout}
 */
export function layOut({ width, height, font, gutter, scale, days, without = [] }) {
  const narrow = gutter === 0;
  const left = narrow ? 2 : gutter;
  const column = (width - left - scale) / days;
  const names = Object.keys(SHARES).filter((name) => !without.includes(name));
  const above = narrow ? font + 7 : 0;
  const gap = narrow ? 8 : font * 1.15;
  const glyphRadius = Math.min(column * 0.4, font * 0.42);
  const row = narrow ? 14 : Math.max(font + 5, glyphRadius * 2 + 5);
  const ribbon = without.includes("ribbon") ? 0 : row * 3 + (narrow ? 2 : 4);
  const margin = Math.max(4, font * 0.5);
  const free = height - gap * (names.length - 1) - ribbon - above * names.length - margin - font * 0.55;
  const total = names.reduce((sum, name) => sum + SHARES[name], 0);
  /** @type {Record<string, Track>} */
  const tracks = {};
  let y = margin;
  for (const name of names) {
    y += above;
    const tall = name === "ribbon" ? ribbon : (Math.max(free, 40) * SHARES[name]) / total;
    tracks[name] = { top: y, height: tall, bottom: y + tall };
    y += tall + gap;
  }
  return {
    left,
    right: left + days * column,
    column,
    x: (day) => left + (day - 0.5) * column,
    tracks,
    glyph: glyphRadius,
    row,
    narrow,
    top: tracks.stepsSoFar.top,
    bottom: tracks[names[names.length - 1]].bottom,
    width,
    height,
  };
}

/** The day under a place on the picture; 0 left of day 1. @param {Layout} layout */
export function dayAt(layout, x, days) {
  return Math.max(0, Math.min(days, Math.floor((x - layout.left) / layout.column) + 1));
}
