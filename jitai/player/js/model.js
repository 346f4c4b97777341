import { signed } from "./format.js";

/** The JSON from Python, turned into lines of days. Sums are made here; nothing else is computed. */

export const PAYLOAD_VERSION = 2;

/** What a payload of another version is answered with. */
export class LaterVersion extends Error {}

/**
 * @param {any} payload see contract.py
 * @returns {import("./types.js").Run}
 */
export function readPayload(payload) {
  if (payload.version !== PAYLOAD_VERSION) {
    throw new LaterVersion(
      `This run was written for version ${payload.version} of the player; this is version ${PAYLOAD_VERSION}. ` +
        "Open it with the lab that wrote it.",
    );
  }
  const line = readLine(payload.run, []);
  const reference = payload.reference ? readLine(payload.reference, line.days) : null;
  const branches = (payload.branches ?? []).map((branch) => readLine(branch, line.days));
  const options = payload.options ?? {};
  const last = line.complete
    ? Math.max(line.days.length, reference?.days.length ?? 0, ...branches.map((branch) => branch.days.length))
    : line.days.length;
  return {
    identity: payload.identity,
    title: payload.title,
    detail: payload.detail ?? "",
    days: payload.days,
    end: Math.min(last, options.stop_at ?? last),
    complete: line.complete || (options.stop_at ?? Infinity) <= last,
    line,
    reference,
    branches,
    axes: {
      stepsSoFar: payload.axes.steps_so_far,
      stepsADay: payload.axes.steps_a_day,
      weighing: payload.axes.weighing ?? null,
    },
    answer: payload.answer,
    manySeeds: payload.many_seeds ?? "",
    bestTotal: payload.best_total ?? null,
    startHabituation: payload.start_habituation,
    startRisk: payload.start_risk,
    leavesAt: payload.leaves_at,
    unsure: payload.unsure ?? null,
    actions: payload.actions,
    contexts: payload.contexts,
    options: {
      canFork: options.can_fork ?? false,
      revealLocked: options.reveal === "locked",
      revealNote: options.reveal_note ?? "",
      suggestions: options.suggestions ?? [],
      tellsViewer: options.tells_viewer ?? false,
      plays: options.plays ?? false,
      small: options.small ?? false,
      scenes: (options.scenes ?? []).map(({ day, caption, why, revealed }) => ({ day, caption, why: Boolean(why), revealed: Boolean(revealed) })),
    },
    hasTruth: line.days.length === 0 || line.days.some((day) => day.truth !== null),
    notice: payload.notice ?? "",
    terms: Object.fromEntries(payload.terms ?? []),
    answered: payload.answered ?? 0,
  };
}

/**
 * @param {any} columns one list per column
 * @param {import("./types.js").Day[]} run the days of the run, which a branch shares up to its first day
 * @returns {import("./types.js").Line}
 */
function readLine(columns, run) {
  const firstDay = columns.first_day ?? 1;
  const days = run.slice(0, firstDay - 1);
  let sum = days.length ? days[days.length - 1].sum : 0;
  (columns.done ?? []).forEach((done, index) => {
    sum += columns.steps[index];
    days.push(readDay(columns, index, firstDay + index, sum));
  });
  return {
    key: columns.key,
    name: columns.name,
    short: columns.short || columns.name,
    letter: columns.letter ?? "",
    firstDay,
    leftOn: columns.left_on ?? null,
    complete: columns.complete,
    days,
    split: columns.split ?? null,
  };
}

/** @returns {import("./types.js").Day} */
function readDay(columns, index, day, sum) {
  const at = (name, otherwise) => columns[name]?.[index] ?? otherwise;
  const sensed = at("sensed", null);
  const probability = at("context_probability", null);
  const proposed = columns.proposed[index];
  const done = columns.done[index];
  const held = proposed !== 0 && done === 0;
  return {
    day,
    proposed,
    done,
    held,
    vetoed: Boolean(at("vetoed", held)),
    steps: columns.steps[index],
    sum,
    habituation: columns.habituation[index],
    risk: columns.risk[index],
    sensed,
    sure: probability === null ? null : sensed === 1 ? probability : 1 - probability,
    words: at("words", ""),
    typed: Boolean(at("typed", 0)),
    verdict: at("verdict", ""),
    pSend: at("p_send", null),
    source: at("source", ""),
    reason: at("reason", ""),
    weighed: at("weighed", []),
    expected: at("expected", []),
    spread: at("spread", []),
    truth: columns.truth
      ? {
          canWalk: Boolean(columns.truth.can_walk[index]),
          context: columns.truth.context[index],
          allowed: columns.truth.allowed[index],
          known: Boolean(columns.truth.known?.[index] ?? 1),
        }
      : null,
  };
}

/** The day of a line, or null if the line has no such day. @param {import("./types.js").Line} line */
export function dayOf(line, day) {
  return line.days[day - 1] ?? null;
}

/** The last day of a line that is not after this one; null before day 1. @param {import("./types.js").Line} line */
export function latestDay(line, day) {
  return line.days[Math.min(day, line.days.length) - 1] ?? null;
}

/** Steps of a line up to a day. @param {import("./types.js").Line | null} line */
export function stepsUpTo(line, day) {
  return line ? (latestDay(line, day)?.sum ?? 0) : 0;
}

/**
 * The difference between two lines as it is shown: between the whole numbers that stand beside it.
 * @param {import("./types.js").Line} line @param {import("./types.js").Line | null} other
 */
export function shownDifference(line, other, day) {
  return Math.round(stepsUpTo(line, day)) - Math.round(stepsUpTo(other, day));
}

/**
 * Steps of one day as they are shown: what the day adds to the whole number that stands in the legend.
 * @param {import("./types.js").Line} line
 */
export function shownSteps(line, day) {
  return Math.round(stepsUpTo(line, day)) - Math.round(stepsUpTo(line, day - 1));
}

/** "+45 steps than this run" needs no unit twice. @param {import("./types.js").Line} line */
export function differenceText(line, other, day) {
  return signed(shownDifference(line, other, day));
}

/**
 * How often the judge held back up to a day, and how often that was right.
 * @param {import("./types.js").Line} line
 * @param {boolean} revealed without the truth, nothing is right or wrong
 */
export function countHeldBack(line, day, revealed) {
  const held = line.days.slice(0, day).filter((lived) => lived.vetoed);
  const judged = revealed ? held.filter((lived) => lived.truth?.known) : [];
  const right = judged.filter((lived) => lived.truth && !lived.truth.canWalk).length;
  return { count: held.length, judged: judged.length, right, wrong: judged.length - right };
}

/**
 * The parts of a line's difference up to a day, as Python has split and rounded it; null where it has not.
 * @param {import("./types.js").Line} line
 * @param {boolean} revealed only then is the action's part told apart by right and wrong
 * @returns {import("./types.js").Split | null}
 */
export function splitUpTo(line, day, revealed) {
  if (!line.split) return null;
  const length = Math.max(0, Math.min(day - line.firstDay + 1, line.split.stayed.length));
  const told = revealed ? line.split.revealed : undefined;
  const at = (column) => column?.[length - 1] ?? 0;
  const [stayed, fresher, action, chance] = ["stayed", "fresher", "action", "chance"].map((name) => at(line.split[name]));
  return {
    stayed,
    fresher,
    action,
    chance,
    parts: told ? { heldRightly: at(told.held_rightly), heldWrongly: at(told.held_wrongly), proposed: at(told.proposed), outside: at(told.outside) } : null,
    sentence: (told ?? line.split).sentences?.[length - 1] ?? "",
  };
}

/**
 * Why other words or another truth changed nothing on the day itself, as a sentence; empty if they did.
 * @param {import("./types.js").Line} branch
 * @param {import("./types.js").Line} run
 */
export function whyUnchanged(branch, run) {
  const [mine, other] = [dayOf(branch, branch.firstDay), dayOf(run, branch.firstDay)];
  if (!mine || !other || mine.done !== other.done || mine.steps !== other.steps) return "";
  const day = `Nothing changes on day ${branch.firstDay}: `;
  if (mine.proposed === 0) return `${day}the policy proposed no message, so there was nothing to hold back.`;
  return `${day}the message is ${mine.held ? "held back" : "sent"} here too.`;
}
