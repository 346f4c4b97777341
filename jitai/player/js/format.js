/** Numbers and small sentences as people read them. Each number has its unit here or beside it. */

const THOUSANDS = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** A whole number with thousands marks and a true minus: 1,253. @param {number} value */
export function whole(value) {
  return THOUSANDS.format(Math.round(value) || 0).replace("-", "−");
}

/** With its sign: +423, −88, 0. @param {number} value */
export function signed(value) {
  return (Math.round(value) > 0 ? "+" : "") + whole(value);
}

/** "1 step", "45 steps". @param {number} value */
export function stepsText(value) {
  return `${whole(value)} ${stepWord(value)}`;
}

/** @param {number} value */
export function stepWord(value) {
  return Math.round(value) === 1 ? "step" : "steps";
}

/** A judge's probability: never 0 and never 1. @param {number} probability */
export function probabilityText(probability) {
  if (probability < 0.005) return "under 0.01";
  if (probability >= 0.995) return "over 0.99";
  return probability.toFixed(2);
}

/** @param {number} share */
export function percentText(share) {
  if (share >= 0.995) return "over 99 %";
  if (share < 0.005) return "under 1 %";
  return `${Math.round(share * 100)} %`;
}

/** Shortened at a word, with an ellipsis. @param {string} text @param {number} length */
export function shortened(text, length) {
  const characters = Array.from(text);
  if (characters.length <= length) return text;
  return `${characters.slice(0, length - 1).join("").replace(/\s+\S*$/, "")} …`;
}
