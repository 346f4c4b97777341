import { probabilityText } from "./format.js";
import { markup } from "./markup.js";

/**
 * P(send) on a scale from "hold back" to "send", with the band in which the judge counts as unsure.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Day | null} day
 * @param {{font: number, width: number}} size
 */
export function drawJudgeScale(run, day, { font, width }) {
  const [left, right] = [2, width - 2];
  const x = (probability) => left + probability * (right - left);
  const y = 4 + font;
  const height = y + font + 12;
  const asked = day !== null && day.pSend !== null;
  const [low, high] = run.unsure ?? [0.5, 0.5];
  const label = asked ? `P(send) ${probabilityText(day.pSend)}${low < high ? `, unsure between ${low.toFixed(2)} and ${high.toFixed(2)}` : ""}` : "not asked";
  const pointer = asked && markup`<path class="ink" d="M${x(day.pSend)} ${y + 1}l${-font * 0.46} ${-font * 0.82}h${font * 0.92}z"/>`;
  return markup`<svg viewBox="0 0 ${width} ${height}" height="${height}" role="img" aria-label="Judge: ${label}"><rect class="unsure" x="${x(low)}" y="${y - 5}" width="${x(high) - x(low)}" height="10"/><path class="mean" d="M${left} ${y}H${right}"/><path class="mean" d="M${left} ${y - 4}v8M${right} ${y - 4}v8"/><text class="t" x="${left}" y="${height - 4}" font-size="${font}">hold back</text><text class="t" x="${x((low + high) / 2)}" y="${height - 4}" font-size="${font}" text-anchor="middle">${low < high && "unsure"}</text><text class="t" x="${right}" y="${height - 4}" font-size="${font}" text-anchor="end">send</text>${pointer}</svg>`;
}
