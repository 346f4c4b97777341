import assert from "node:assert/strict";
import test from "node:test";
import { drawCard, predictionText } from "../../jitai/lessons/js/lesson_cards.js";
import { drawNotes, clockText } from "../../jitai/lessons/js/lesson_notes.js";
import { answersFile, initialLesson, isPending, phaseOf, reduceLesson, scoreOf, shownDay } from "../../jitai/lessons/js/lesson_state.js";
import { gainUpTo, shownGain, ticksOf } from "../../jitai/lessons/js/gain_chart.js";

const ATTACK = "<img src=x onerror=alert(1)>";

function person(changes = {}) {
  const run = { left: null, proposed: [1, 2, 1, 3], done: [1, 0, 1, 3], steps: [40, 0, 30, 100], habituation: [0, 0, 0, 0], risk: [0, 0, 0, 0], sensed: [0, 0, 1, 1], place: [0, 0, 1, 1], sure: [0.9, 0.9, 0.9, 0.9], words: ["", ATTACK, "", ""], verdict: ["send", "do not send", "send", "send"], p_send: [null, 0.2, null, null] };
  const against = { ...run, done: [1, 2, 1, 3], steps: [40, 0, 10, 20] };
  return {
    name: "First", subject: "Listening", without: "without the judge", days: 4, leaves_at: 0.99, start: { habituation: 0, risk: 0 }, unsure: [0.4, 0.6], run, against, can_walk: [1, 0, 1, 1], gains: [0, 50, 100],
    split: [], stops: [{ day: 2, send: false, truth: "can walk" }],
    prediction: { kind: "range", ask: "How much?", sure: 0.5, values: [-50, 0, 50, 100], scores: [[-1, 2, 0], [3, 4], [5]], best: [0, 50], inside: 0.5 },
    ...changes,
  };
}

function lesson(changes) {
  const base = { minutes: 1, person: "a", say: "Say it.", misconception: "They think so.", title: "", text: "", answer: "", notes: [] };
  return {
    identity: "x-1", lesson: { id: "x", digest: "1", title: "X", minutes: 4, many: 3 }, actions: ["none", "generic", "home", "work"], contexts: ["home", "work"], people: { a: person(changes) },
    steps: [{ ...base, kind: "predict", name: "Predict" }, { ...base, kind: "watch", name: "Watch" }, { ...base, kind: "reveal", name: "Reveal" }, { ...base, kind: "take", name: "Take", sentences: ["S"] }],
  };
}

const after = (data, ...events) => events.reduce((state, event) => reduceLesson(state, event, data), initialLesson(data));

test("a prediction starts as wide as the axis, and does not change once it is locked", () => {
  const data = lesson();
  assert.deepEqual(initialLesson(data).answer.a, [0, 3]);
  const locked = after(data, { type: "answer", value: [1, 2] }, { type: "lock" }, { type: "answer", value: [0, 1] });
  assert.deepEqual(locked.answer.a, [1, 2]);
  assert.equal(scoreOf(data.people.a, locked.answer.a), 3);
  assert.match(predictionText(data.people.a, [0, 3]), /anything is possible/);
});

test("a day that decides stays hidden until the student has decided", () => {
  const data = lesson();
  const stopped = after(data, { type: "go", step: 2 }, { type: "play", on: true }, { type: "day" }, { type: "day" });
  assert.equal(isPending(data, stopped, "a"), true);
  assert.equal(stopped.playing, false);
  assert.equal(shownDay(data, stopped, "a"), 1);
  assert.equal(reduceLesson(stopped, { type: "day" }, data).day.a, 2);
  const card = String(drawCard(data, stopped));
  assert.match(card, /This day decides/);
  assert.doesNotMatch(card, /The judge:/);
  const decided = reduceLesson(stopped, { type: "say", what: "send" }, data);
  assert.equal(shownDay(data, decided, "a"), 2);
  assert.match(String(drawCard(data, decided)), /The judge: hold back, P\(send\) 0.20/);
  assert.equal(reduceLesson(decided, { type: "say", what: "hold" }, data).said.a2, "send");
});

test("words never become markup", () => {
  const data = lesson();
  const stopped = after(data, { type: "go", step: 2 }, { type: "day" }, { type: "day" });
  assert.doesNotMatch(String(drawCard(data, stopped)), /<img/);
});

test("a second person is predicted, watched and revealed within one step", () => {
  const data = lesson();
  data.steps = [{ ...data.steps[0], kind: "second" }];
  let state = initialLesson(data);
  assert.equal(phaseOf(data, state), "predict");
  state = reduceLesson(state, { type: "lock" }, data);
  assert.equal(phaseOf(data, state), "watch");
  for (const event of [{ type: "day" }, { type: "day" }, { type: "say", what: "hold" }, { type: "day" }, { type: "day" }]) state = reduceLesson(state, event, data);
  assert.equal(phaseOf(data, state), "reveal");
});

test("every kind of prediction has a score from its table", () => {
  const choice = person({ prediction: { kind: "choice", options: [{ text: "A" }, { text: "B" }], right: 2 } });
  assert.deepEqual([0, 1, 2].map((answer) => scoreOf(choice, answer)), [null, 0, 100]);
  const number = person({ prediction: { kind: "number", values: [0, 1], scores: [10, 90] } });
  assert.equal(scoreOf(number, 1), 90);
  const curve = person({ prediction: { kind: "curve", values: [0, 1], days: [2, 4], penalties: [[1, 20], [30, 2]] } });
  assert.equal(scoreOf(curve, [0, 1]), 97);
});

test("the file of answers holds values, and says whether it was a second go", () => {
  const data = lesson();
  const state = after(data, { type: "answer", value: [1, 2] }, { type: "lock" }, { type: "nickname", text: "Ann" });
  const file = answersFile(data, state, "2026-01-01T10:00");
  assert.deepEqual(file.predicted, { a: [0, 50] });
  assert.deepEqual([file.lesson, file.digest, file.again, file.name], ["x", "1", false, "Ann"]);
  assert.equal(answersFile(data, reduceLesson(state, { type: "fresh" }, data), "").again, true);
});

test("the gain is the difference of the whole numbers that are shown", () => {
  const shown = person();
  assert.equal(gainUpTo(shown, 4), 100);
  assert.equal(shownGain(shown, 3), 20);
  assert.deepEqual(ticksOf(-500, 2000), [-500, 0, 500, 1000, 1500, 2000]);
});

test("the notes tell the clock against the plan", () => {
  const data = lesson();
  const notes = String(drawNotes(data, after(data, { type: "go", step: 2 }), 0, 90_000));
  assert.match(notes, /1:30/);
  assert.match(notes, /should end at 2:00 of 4:00/);
  assert.match(notes, /They think so/);
  assert.equal(clockText(0.25), "0:15");
});
