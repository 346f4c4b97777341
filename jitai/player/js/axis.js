import { markup } from "./markup.js";

/** Every how many days the axis has a number. @param {number} days */
export function tickEvery(days) {
  return [1, 2, 5, 10, 20, 50, 100].find((every) => days / every <= 7) ?? 200;
}

/**
 * The time axis with the cursor's flag.
 * @param {import("./layout.js").Layout} layout
 * @param {{days: number, day: number, font: number}} view
 */
export function drawAxis(layout, { days, day, font }) {
  const every = tickEvery(days);
  const pill = { width: font * 2.1 + (day > 99 ? font * 0.6 : 0), height: font + 9 };
  const lowest = layout.narrow ? pill.width / 2 : layout.left - layout.column;
  const middle = Math.max(lowest, Math.min(layout.x(day), layout.right - pill.width / 2 + 2));
  const ticks = Array.from({ length: days }, (_, index) => index + 1).map((tick) => {
    const numbered = tick === 1 || tick % every === 0;
    if (!numbered && layout.column < 4) return null;
    const free = Math.abs(layout.x(tick) - middle) > pill.width * 0.9;
    return markup`<path class="base" d="M${layout.x(tick)} 10v${numbered ? 6 : 3}"/>${
      numbered && free && markup`<text class="t" text-anchor="middle" x="${layout.x(tick)}" y="${19 + font}" font-size="${font}">${String(tick)}</text>`
    }`;
  });
  return markup`<path class="base" d="M${layout.left} 10H${layout.right}"/>${ticks}${
    !layout.narrow && markup`<text class="b" x="0" y="${10 + font * 0.4}" font-size="${font}">Day</text>`
  }<path class="ink" d="M${Math.max(middle - 8, layout.x(day)) - 5} 10l5 -8l5 8z"/><rect class="ring" x="${middle - pill.width / 2 - 4}" y="5" width="${pill.width + 8}" height="${pill.height + 8}" rx="${pill.height / 2 + 4}"/><rect class="ink" x="${middle - pill.width / 2}" y="9" width="${pill.width}" height="${pill.height}" rx="${pill.height / 2}"/><text class="b on-ink" text-anchor="middle" x="${middle}" y="${9 + pill.height / 2 + font * 0.36}" font-size="${font}">${String(day)}</text>`;
}
