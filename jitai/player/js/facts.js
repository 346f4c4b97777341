import { hasEnded } from "./answer.js";
import { whole } from "./format.js";
import { markup } from "./markup.js";
import { stepsUpTo } from "./model.js";

/** The numbers under the headline: what was sent, what was held back, how much of the best possible it is. */

/**
 * Counts over the days up to one. Days whose truth nobody knows are left out of right and agreeing.
 * @param {import("./types.js").Line} line
 * @param {number} day
 */
export function countsUpTo(line, day) {
  const days = line.days.slice(0, day);
  const known = days.filter((lived) => lived.truth?.known);
  const vetoes = known.filter((lived) => lived.vetoed);
  return {
    sent: days.filter((lived) => lived.done !== 0).length,
    vetoes: days.filter((lived) => lived.vetoed).length,
    knownVetoes: vetoes.length,
    rightVetoes: vetoes.filter((lived) => !lived.truth?.canWalk).length,
    known: known.length,
    agreeing: known.filter((lived) => lived.done === lived.truth?.allowed).length,
  };
}

/**
 * The facts of a line on a day, each a short phrase; none before the first.
 * @param {import("./types.js").Run} run
 * @param {import("./types.js").Line} line
 * @param {{day: number, revealed: boolean}} shown
 * @returns {string[]}
 */
export function factsOf(run, line, { day, revealed }) {
  if (day === 0) return [];
  const counts = countsUpTo(line, day);
  const facts = [`${counts.sent} ${counts.sent === 1 ? "message" : "messages"} sent`];
  const isJudged = line.days.some((lived) => lived.verdict);
  if (isJudged) facts.push(revealed ? `${counts.rightVetoes} of ${counts.knownVetoes} held back rightly` : `${counts.vetoes} held back`);
  if (revealed && counts.known) facts.push(`${counts.agreeing} of ${counts.known} days as the truth allowed`);
  if (hasEnded(run, day) && run.bestTotal) {
    facts.push(`${whole((100 * stepsUpTo(line, day)) / run.bestTotal)} % of the optimum`);
  }
  if (line !== run.line) facts[0] = `${line.letter || line.short}: ${facts[0]}`;
  return facts;
}

/** @param {string[]} facts */
export function drawFacts(facts) {
  return markup`${facts.map((fact) => markup`<span>${fact}</span>`)}`;
}
