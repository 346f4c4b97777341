/** What the viewer has done, in one place. `reduce` is pure: it returns a new state and touches nothing. */

export const SPEEDS = [1, 3, 10];

/**
 * @param {import("./types.js").Run} run
 * @returns {import("./types.js").State}
 */
export function initialState(run) {
  return {
    identity: run.identity,
    day: 0,
    seen: 0,
    // A story begins with its first caption, and waits for the viewer.
    playing: run.options.plays && !run.options.scenes.some((scene) => scene.day === 0),
    speed: 3,
    revealed: false,
    why: false,
    whyOf: "",
    lead: run.line.key,
    hover: 0,
    presenting: false,
    theme: "",
    removed: [],
    known: run.branches.map((branch) => branch.key),
    pending: "",
    asked: run.answered,
  };
}

/**
 * @param {import("./types.js").State} state
 * @param {{type: string, [name: string]: any}} event
 * @param {import("./types.js").Run} run
 * @returns {import("./types.js").State}
 */
export function reduce(state, event, run) {
  switch (event.type) {
    case "move":
      return moved({ ...state, playing: false }, event.day, run);
    case "step":
      return moved({ ...state, playing: false }, state.day + event.by, run);
    case "toggle play":
      if (state.playing) return { ...state, playing: false };
      if (run.options.scenes.length) state = { ...state, why: false };
      return state.day >= run.end && run.complete ? { ...moved(state, 0, run), playing: true } : { ...state, playing: true };
    case "pause":
      return { ...state, playing: false };
    case "tick":
      return ticked(state, run);
    case "speed":
      return { ...state, speed: event.value };
    case "next speed":
      return { ...state, speed: SPEEDS[(SPEEDS.indexOf(state.speed) + 1) % SPEEDS.length] };
    case "toggle reveal":
      return mayReveal(run) || state.revealed ? { ...state, revealed: !state.revealed } : state;
    case "toggle why":
      return { ...state, why: !state.why, hover: 0 };
    case "why of":
      return { ...state, why: true, whyOf: event.letter };
    case "lead":
      return { ...state, lead: event.key };
    case "hover":
      return { ...state, hover: event.day >= 1 && event.day <= state.seen ? event.day : 0 };
    case "present":
      return { ...state, presenting: event.on };
    case "theme":
      return { ...state, theme: event.value };
    case "remove":
      return withoutMissing({ ...state, removed: [...state.removed, event.key] }, run);
    case "asked":
      return { ...state, pending: event.text, asked: event.number };
    case "data":
      return withData(state, run);
    default:
      throw new Error(`The player knows no event "${event.type}".`);
  }
}

/** Whether the truth is here and may be shown. @param {import("./types.js").Run} run */
export function mayReveal(run) {
  return run.hasTruth && !run.options.revealLocked;
}

/** Whether it plays and the next day has not arrived. */
export function isWaiting(state, run) {
  return state.playing && !run.complete && state.day >= run.end;
}

/** The branches that the viewer has not removed. */
export function shownBranches(state, run) {
  return run.branches.filter((branch) => !state.removed.includes(branch.key));
}

/** The line that card and bars follow. */
export function leadLine(state, run) {
  return [...shownBranches(state, run), run.reference].find((line) => line?.key === state.lead) ?? run.line;
}

function moved(state, day, run) {
  const shown = Math.max(0, Math.min(run.end, Math.round(day)));
  return { ...state, day: shown, seen: Math.max(state.seen, shown) };
}

function ticked(state, run) {
  if (!state.playing) return state;
  const next = moved(state, state.day + 1, run);
  const scene = run.options.scenes.find((candidate) => candidate.day === next.day);
  if (scene) return { ...next, playing: false, why: scene.why, revealed: scene.revealed && mayReveal(run) };
  return next.day >= run.end && run.complete ? { ...next, playing: false } : next;
}

/** The scene in which a day lies: the last that has begun. @param {import("./types.js").Run} run */
export function sceneOf(run, day) {
  return run.options.scenes.filter((scene) => scene.day <= day).pop() ?? null;
}

/** New data: the same run goes on where it stood; a branch that was asked for is followed; another run starts over. */
function withData(state, run) {
  if (run.identity !== state.identity) {
    const { speed, theme, presenting } = state;
    return { ...initialState(run), speed, theme, presenting };
  }
  const arrived = run.branches.filter((branch) => !state.known.includes(branch.key));
  const known = run.branches.map((branch) => branch.key);
  const followed = state.pending && arrived.length ? arrived[arrived.length - 1] : null;
  const next = {
    ...state,
    known,
    removed: state.removed.filter((key) => known.includes(key)),
    revealed: state.revealed && mayReveal(run),
    pending: arrived.length || run.answered >= state.asked ? "" : state.pending,
    lead: followed ? followed.key : state.lead,
    whyOf: followed ? followed.letter : state.whyOf,
  };
  // Who asked from the day before sees the day that was changed.
  const day = followed && followed.firstDay === next.day + 1 && !next.playing ? followed.firstDay : next.day;
  return moved(withoutMissing(next, run), day, run);
}

/** Nothing may follow a branch that is gone. */
function withoutMissing(state, run) {
  const letters = shownBranches(state, run).map((branch) => branch.letter);
  return {
    ...state,
    whyOf: letters.includes(state.whyOf) ? state.whyOf : "",
    lead: leadLine(state, run).key,
    seen: Math.min(state.seen, run.end),
  };
}
