/** What a student has done in a lesson, and its only transitions. */

/** Milliseconds of one day while it plays. */
export const BEAT = 170;

/**
 * @param {any} data see payload.py
 * @param {{step?: number, code?: string, free?: boolean}} [start] code: in place of a name; free: may go to any step
 */
export function initialLesson(data, { step = 1, code = "", free = false } = {}) {
  const keys = Object.keys(data.people);
  const each = (make) => Object.fromEntries(keys.map((key) => [key, make(data.people[key])]));
  const first = {
    identity: data.identity,
    step: 1,
    reached: 1,
    day: each(() => 0),
    answer: each((person) => emptyAnswer(person.prediction)),
    locked: each(() => false),
    touched: each(() => false),
    said: {},
    chosen: {},
    knob: {},
    playing: false,
    again: false,
    code,
    free,
  };
  const to = reachable(data, first, step);
  return { ...first, step: to, reached: to };
}

/** A step, or the first prediction before it that has not been locked in: what is true comes after it. */
export function reachable(data, state, step) {
  const to = clampStep(data, step);
  if (state.free) return to;
  const open = data.steps.findIndex(({ kind, person }) => ["predict", "second"].includes(kind) && data.people[person].prediction && !state.locked[person]);
  return open < 0 ? to : Math.min(to, open + 1);
}

export function clampStep(data, step) {
  return Math.max(1, Math.min(data.steps.length, Number.isFinite(step) ? Math.round(step) : 1));
}

/** Where a prediction starts: nothing is suggested. A range is as wide as the axis. */
export function emptyAnswer(prediction) {
  if (!prediction) return null;
  if (prediction.kind === "choice") return 0;
  const values = prediction.values;
  if (prediction.kind === "range") return [0, values.length - 1];
  if (prediction.kind === "number") return Math.floor(values.length / 2);
  return prediction.days.map(() => nearest(values, 0));
}

/** The index of the value that lies nearest. @param {number[]} values */
export function nearest(values, wanted) {
  return values.reduce((best, value, index) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? index : best), 0);
}

export function stepOf(data, state) {
  return data.steps[state.step - 1];
}

/** Whether the student has to decide first on the day on which it rests. */
export function isPending(data, state, key) {
  const day = state.day[key];
  return data.people[key].stops.some((stop) => stop.day === day) && !state.said[key + day];
}

/** The last day whose outcome may be seen: on a stop, the day before, until the student has decided. */
export function shownDay(data, state, key) {
  return state.day[key] - (isPending(data, state, key) ? 1 : 0);
}

/** The part of a step in which its person is: what is predicted, watched, or shown. */
export function phaseOf(data, state) {
  const step = stepOf(data, state);
  if (step.kind === "predict") return "predict";
  if (step.kind === "watch") return "watch";
  if (step.kind === "reveal") return "reveal";
  if (step.kind !== "second") return step.kind;
  if (!state.locked[step.person]) return "predict";
  return state.day[step.person] < data.people[step.person].days ? "watch" : "reveal";
}

/** The score of what was predicted about a person; null if nothing was. */
export function scoreOf(person, answer) {
  const asked = person.prediction;
  if (!asked) return null;
  if (asked.kind === "choice") return answer ? (answer === asked.right ? 100 : 0) : null;
  if (asked.kind === "range") return asked.scores[answer[0]][answer[1] - answer[0] - 1];
  if (asked.kind === "number") return asked.scores[answer];
  return Math.round(100 - answer.reduce((sum, value, index) => sum + asked.penalties[index][value], 0));
}

/**
 * @param {ReturnType<typeof initialLesson>} state
 * @param {{type: string, [name: string]: any}} event
 */
export function reduceLesson(state, event, data) {
  const step = stepOf(data, state);
  const key = step.person;
  switch (event.type) {
    case "go": {
      const to = reachable(data, state, event.step);
      return to === state.step ? state : { ...state, step: to, reached: Math.max(state.reached, to), playing: false };
    }
    case "answer":
      return state.locked[key] ? state : { ...state, answer: { ...state.answer, [key]: event.value }, touched: { ...state.touched, [key]: true } };
    case "lock": // a prediction is somebody's own once they have moved it
      return state.touched[key] ? { ...state, locked: { ...state.locked, [key]: true } } : state;
    case "choose":
      return state.chosen[state.step] ? state : { ...state, chosen: { ...state.chosen, [state.step]: event.option } };
    case "play":
      return { ...state, playing: event.on };
    case "day":
      return nextDay(state, data, key);
    case "say":
      if (!isPending(data, state, key)) return state;
      return { ...state, said: { ...state.said, [key + state.day[key]]: event.what } };
    case "knob":
      return { ...state, knob: { ...state.knob, [state.step]: event.index } };
    case "fresh":
      return { ...initialLesson(data, { code: state.code }), again: true };
    default:
      return state;
  }
}

function nextDay(state, data, key) {
  const { days } = data.people[key];
  if (state.day[key] >= days || isPending(data, state, key)) return { ...state, playing: false };
  const next = { ...state, day: { ...state.day, [key]: state.day[key] + 1 } };
  const rests = next.day[key] >= days || isPending(data, next, key);
  return rests ? { ...next, playing: false } : next;
}

/** What a student's file holds; read by classes.py. */
export function answersFile(data, state, now) {
  const said = Object.fromEntries(Object.entries(state.said));
  const predicted = {};
  for (const [key, person] of Object.entries(data.people)) {
    if (!person.prediction || !state.locked[key]) continue;
    const { kind, values } = person.prediction;
    const given = state.answer[key];
    predicted[key] = kind === "choice" ? given : Array.isArray(given) ? given.map((index) => values[index]) : values[given];
  }
  return {
    lesson: data.lesson.id, digest: data.lesson.digest, version: 2, code: state.code, predicted, said,
    chosen: state.chosen, again: state.again, saved: now,
  };
}
