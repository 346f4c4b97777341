import assert from "node:assert/strict";
import test from "node:test";
import { drawRows, drawClass } from "../../jitai/lessons/js/class_view.js";
import { drawCard, judgeRule, predictionText } from "../../jitai/lessons/js/lesson_cards.js";
import { drawChoice, drawTries } from "../../jitai/lessons/js/lesson_free.js";
import { drawLessonPaper } from "../../jitai/lessons/js/lesson_paper.js";
import { drawHeadWords } from "../../jitai/lessons/js/lesson_words.js";
import { markPlaces } from "../../jitai/game/js/game_chart.js";
import { agreementTable } from "../../jitai/game/js/game_cards.js";
import { drawNotes, clockText, isOnlyHere } from "../../jitai/lessons/js/lesson_notes.js";
import { answersFile, initialLesson, isPending, phaseOf, reachable, reduceLesson, scoreOf, shownDay } from "../../jitai/lessons/js/lesson_state.js";
import { gainUpTo, shownGain, spread, ticksOf } from "../../jitai/lessons/js/gain_chart.js";

const ATTACK = "<img src=x onerror=alert(1)>";

function person(changes = {}) {
  const run = { left: null, proposed: [1, 2, 1, 3], done: [1, 0, 1, 3], steps: [40, 0, 30, 100], habituation: [0, 0, 0, 0], risk: [0, 0, 0, 0], sensed: [0, 0, 1, 1], place: [0, 0, 1, 1], sure: [0.9, 0.9, 0.9, 0.9], words: ["", ATTACK, "", ""], verdict: ["send", "do not send", "send", "send"], p_send: [null, 0.2, null, null], language: ["", "", "", ""] };
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

const after = (data, ...events) => events.reduce((state, event) => reduceLesson(state, event, data), initialLesson(data, { code: "K7QDX" }));
const LOCKED = [{ type: "answer", value: [1, 2] }, { type: "lock" }];

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
  const stopped = after(data, ...LOCKED, { type: "go", step: 2 }, { type: "play", on: true }, { type: "day" }, { type: "day" });
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
  const stopped = after(data, ...LOCKED, { type: "go", step: 2 }, { type: "day" }, { type: "day" });
  assert.doesNotMatch(String(drawCard(data, stopped)), /<img/);
});

test("a second person is predicted, watched and revealed within one step", () => {
  const data = lesson();
  data.steps = [{ ...data.steps[0], kind: "second" }];
  let state = initialLesson(data);
  assert.equal(phaseOf(data, state), "predict");
  assert.equal(phaseOf(data, reduceLesson(state, { type: "lock" }, data)), "predict", "nobody locks in what they have not moved");
  for (const event of LOCKED) state = reduceLesson(state, event, data);
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
  const state = after(data, { type: "answer", value: [1, 2] }, { type: "lock" });
  const file = answersFile(data, state, "2026-01-01T10:00");
  assert.deepEqual(file.predicted, { a: [0, 50] });
  assert.deepEqual([file.lesson, file.digest, file.again, file.code, file.name], ["x", "1", false, "K7QDX", undefined]);
  const again = answersFile(data, reduceLesson(state, { type: "fresh" }, data), "");
  assert.deepEqual([again.again, again.code], [true, "K7QDX"]);
});

test("the gain is the difference of the whole numbers that are shown", () => {
  const shown = person();
  assert.equal(gainUpTo(shown, 4), 100);
  assert.equal(shownGain(shown, 3), 20);
  assert.deepEqual(ticksOf(-500, 2000), [-500, 0, 500, 1000, 1500, 2000]);
});

test("the notes tell the clock against the plan", () => {
  const data = lesson();
  const notes = String(drawNotes(data, after(data, ...LOCKED, { type: "go", step: 2 }), { started: 0, now: 90_000, here: "https://lab.example/jitai/lessons?lesson=x&step=2&notes=1" }));
  assert.match(notes, /value="https:\/\/lab.example\/jitai\/lessons\?lesson=x&amp;student=1"/);
  assert.doesNotMatch(notes, /this machine only/);
  assert.equal(isOnlyHere("http://localhost:8501/lessons"), true);
  assert.match(notes, /1:30/);
  assert.match(notes, /should end at 2:00 of 4:00/);
  assert.match(notes, /They think so/);
  assert.equal(clockText(0.25), "0:15");
});

test("nothing is locked in that nobody has moved, and no link leads past an open prediction", () => {
  const data = lesson();
  assert.equal(after(data, { type: "lock" }).locked.a, false);
  assert.equal(initialLesson(data, { step: 3 }).step, 1, "the truth comes after the prediction");
  assert.equal(after(data, { type: "go", step: 4 }).step, 1);
  assert.equal(after(data, ...LOCKED, { type: "go", step: 4 }).step, 4);
  assert.equal(reachable(data, initialLesson(data, { free: true }), 3), 3, "the teacher's notes go anywhere");
});

test("a locked prediction says so, and its sliders are closed", () => {
  const data = lesson();
  const locked = after(data, ...LOCKED);
  assert.match(String(drawCard(data, locked)), /type="range"[^>]*disabled/);
  assert.doesNotMatch(String(drawCard(data, initialLesson(data))), /disabled/);
  assert.match(predictionText(data.people.a, [1, 2], true), /^Locked in\. .*0 to 50/);
  assert.match(String(drawHeadWords(data, locked, data.steps[0], "predict", data.people.a).sub), /Locked in/);
});

test("the text of a second person waits for the truth", () => {
  const data = lesson();
  const second = { ...data.steps[0], kind: "second", text: "Why a gain, then?" };
  data.steps = [second];
  const sub = (phase, state) => drawHeadWords(data, state, second, phase, data.people.a).sub;
  assert.notEqual(sub("predict", initialLesson(data)), second.text);
  assert.notEqual(sub("watch", after(data, ...LOCKED)), second.text);
  assert.equal(sub("reveal", after(data, ...LOCKED)), second.text);
});

test("a question says what was chosen, what is right, and what was true", () => {
  const step = { days: [{ day: 10, words: ATTACK, language: "", can_walk: false }, { day: 32, words: "Fine", language: "Spanish", can_walk: true }], right: 2, answer: "Because." };
  assert.doesNotMatch(String(drawChoice(step, 0)), /Right|Could|Because/);
  const wrong = String(drawChoice(step, 1));
  assert.match(wrong, /You: day 10\. Right: day 32\.<\/b> Because\./);
  assert.match(wrong, /panel wrong[^]*You[^]*Could not walk[^]*panel right[^]*Right[^]*in Spanish[^]*Could walk/);
  assert.match(String(drawChoice(step, 2)), /Right: day 32\./);
  assert.doesNotMatch(wrong, /<img/);
});

test("names beside lines do not lie on each other", () => {
  assert.deepEqual(spread([10, 100], 20), [10, 100]);
  const [one, two] = spread([50, 52], 20);
  assert.equal(Math.abs(one - two), 20);
});

test("on paper stand the steps that were reached, and no more", () => {
  const data = lesson();
  data.steps[3].notes = [ATTACK];
  const half = String(drawLessonPaper(data, after(data, ...LOCKED, { type: "go", step: 2 })));
  assert.match(half, /1\. Predict[^]*2\. Watch/);
  assert.doesNotMatch(half, /3\. Reveal/);
  const all = String(drawLessonPaper(data, after(data, ...LOCKED, { type: "go", step: 4 })));
  assert.match(all, /3\. Reveal[^]*points[^]*4\. Take/);
  assert.doesNotMatch(all, /<img/);
});

test("a class is drawn with the truth's name at its line, and a question's answers as bars", () => {
  const data = { headline: "1 of 2", question: "How much?", remark: "", example: "", kind: "range", answers: [[0, 50], [100, 150]], truth: 40, gains: [0, 10, 90], unit: "steps gained", choice: null, students: 2, middle: 10, best: 30, lowest: -206, decided: [{ day: 3, send: false, n_right: 1, n: 2 }], asked: [{ question: "Which?", options: [ATTACK, "B"], right: 2, counts: [1, 1] }] };
  const drawn = String(drawClass(data, { width: 700, font: 12 }));
  assert.match(drawn, /truth 40/);
  assert.match(drawn, /lowest −206[^]*worse than naming the whole axis/);
  assert.match(drawn, /--share:0.5/);
  assert.doesNotMatch(drawn, /<img|NaN/);
  const rows = String(drawRows(data, { width: 700, font: 12 }));
  assert.equal(rows.match(/class-range holds/g).length, 1);
  assert.doesNotMatch(String(drawClass({ ...data, lowest: 1, answers: [], gains: [] }, { width: 300, font: 12 })), /NaN|Below 0/);
});

test("an agreement shows the interval of its share, and of kappa where there is one", () => {
  const table = String(agreementTable({ truth: { n: 7, n_agreeing: 7, kappa: 1, low: null, high: null, share_low: 0.59, share_high: 1 } }, 49));
  assert.match(table, /7 of 7[^]*59 to 100 %[^]*1\.00/);
  assert.doesNotMatch(table, /1\.00 to 1\.00/);
  assert.match(table, /You decided on 7 of 49 days/);
});

test("the judge's rule says what an unsure judge does", () => {
  const rule = (changes) => judgeRule(person(changes)).replace(/^.*sent\. /, "");
  assert.equal(rule({ holds_unsure: true }), "Below 0.6 it holds back; from 0.4 it is unsure.");
  assert.equal(rule({ holds_unsure: false }), "Below 0.4 it holds back; from 0.4 to 0.6 it is unsure.");
  assert.equal(rule({ holds_unsure: true, unsure: [0.5, 0.5] }), "Below 0.5 it holds back.");
});

test("a range that holds far more people than was asked is called too wide", () => {
  const word = (gains) => {
    const data = lesson({ gains });
    data.people.a.prediction.scores[1][0] = 50;
    return String(drawCard(data, after(data, ...LOCKED, { type: "go", step: 3 })));
  };
  assert.match(word([0, 10, 20, 30, 90]), /Too wide/);
  assert.match(word([0, 10, 60, 90]), /Well judged/);
});

test("a printed try keeps its setting, and names fit beside their lines", () => {
  const data = lesson();
  const step = { kind: "try", name: "Setting", knob: "unsure", now: null, values: [0, 0.6], people: ["a"], tries: { a: [{ gain: 0 }, { gain: 5 }] } };
  assert.match(String(drawTries(data, step, 1, { width: 700, height: 240, font: 12, gutter: 112 })), />0\.6<[^]*First/);
});

test("circles of neighbouring days stand side by side, within the plot", () => {
  const places = markPlaces([6, 2, 10], { radius: 7, left: 0, right: 300 });
  const inOrder = [...places].sort((one, two) => one - two);
  assert.ok(inOrder[0] >= 7 && inOrder[1] - inOrder[0] >= 15 && inOrder[2] - inOrder[1] >= 15);
  assert.ok(places[1] < places[0] && places[0] < places[2]);
  assert.ok(Math.max(...markPlaces([296, 299], { radius: 7, left: 0, right: 300 })) <= 293);
});
