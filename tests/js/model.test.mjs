import assert from "node:assert/strict";
import test from "node:test";
import { countHeldBack, dayOf, LaterVersion, readPayload, shownDifference, shownSteps, splitUpTo, stepsUpTo } from "../../jitai/player/js/model.js";
import { payload, sampleRun } from "./sample.mjs";

test("a run has one day for each entry of its columns", () => {
  const data = payload("a");
  const run = readPayload(data);
  assert.equal(run.line.days.length, 50);
  run.line.days.forEach((day, index) => {
    assert.equal(day.day, index + 1);
    assert.equal(day.steps, data.run.steps[index]);
    assert.equal(day.words, data.run.words[index]);
    assert.equal(day.held, data.run.proposed[index] !== 0 && data.run.done[index] === 0);
  });
});

test("sums add up, and stay after somebody has left", () => {
  const run = sampleRun("a");
  assert.ok(Math.abs(stepsUpTo(run.line, 50) - 1300.64) < 0.01);
  assert.ok(Math.abs(stepsUpTo(run.reference, 50) - 47.7) < 0.01);
  assert.equal(stepsUpTo(run.reference, 50), stepsUpTo(run.reference, 5));
  assert.equal(stepsUpTo(run.line, 0), 0);
  assert.equal(run.reference.leftOn, 5);
});

test("a branch has the run's days before its own", () => {
  const run = sampleRun("a", { letters: "A" });
  const [branch] = run.branches;
  assert.equal(branch.firstDay, 21);
  assert.equal(branch.days.length, 50);
  for (let day = 1; day < 21; day += 1) assert.equal(dayOf(branch, day), dayOf(run.line, day));
  assert.notEqual(dayOf(branch, 21).done, dayOf(run.line, 21).done);
  assert.ok(Math.abs(dayOf(branch, 21).sum - dayOf(run.line, 20).sum - dayOf(branch, 21).steps) < 1e-9);
});

test("the shown parts of the split add up to the shown difference on every day", () => {
  for (const which of ["a", "b"]) {
    const run = sampleRun(which, { letters: "A" });
    for (const [line, other] of [[run.line, run.reference], [run.branches[0], run.line]]) {
      for (let day = 1; day <= 50; day += 1) {
        const split = splitUpTo(line, day, true);
        const shown = split.stayed + split.fresher + split.action + split.chance;
        assert.equal(shown, shownDifference(line, other, day), `${which} ${line.key} day ${day}`);
        const parts = Object.values(split.parts).reduce((sum, part) => sum + part, 0);
        assert.equal(parts, split.action);
      }
    }
  }
});

test("a day's shown steps add up to the shown total, and to the difference that a branch makes", () => {
  for (const which of ["a", "b"]) {
    const run = sampleRun(which, { letters: "A" });
    const [branch] = run.branches;
    for (const line of [run.line, run.reference, branch]) {
      let total = 0;
      for (let day = 1; day <= 50; day += 1) {
        total += shownSteps(line, day);
        assert.equal(total, Math.round(stepsUpTo(line, day)), `${which} ${line.key} day ${day}`);
        assert.ok(Math.abs(shownSteps(line, day) - (dayOf(line, day)?.steps ?? 0)) < 1);
      }
    }
    const first = branch.firstDay;
    assert.equal(shownSteps(branch, first) - shownSteps(run.line, first), shownDifference(branch, run.line, first));
  }
});

test("before the reveal the split says nothing of right and wrong", () => {
  const split = splitUpTo(sampleRun("b").line, 50, false);
  assert.equal(split.parts, null);
  assert.ok(!/wrong|right/.test(split.sentence), split.sentence);
  const { judged, right, wrong, count } = countHeldBack(sampleRun("b").line, 50, false);
  assert.deepEqual([count, judged, right, wrong], [8, 0, 0, 0]);
});

test("the published figures of the two samples", () => {
  const held = (which) => countHeldBack(sampleRun(which).line, 50, true);
  assert.deepEqual([held("a").count, held("a").right, held("b").count, held("b").right], [17, 15, 8, 1]);
  assert.equal(shownDifference(sampleRun("a").line, sampleRun("a").reference, 50), 1253);
  assert.equal(shownDifference(sampleRun("b").line, sampleRun("b").reference, 50), 335);
});

test("days that have not arrived, and a lesson that stops early, end the run", () => {
  const data = payload("a");
  data.run = Object.fromEntries(Object.entries(data.run).map(([name, column]) => [name, Array.isArray(column) ? column.slice(0, 9) : column]));
  data.run.complete = false;
  const waiting = readPayload(data);
  assert.deepEqual([waiting.end, waiting.complete], [9, false]);
  const lesson = sampleRun("a", { options: { stop_at: 25 } });
  assert.deepEqual([lesson.end, lesson.complete], [25, true]);
});

test("another version is refused in a sentence", () => {
  assert.throws(() => sampleRun("a", { version: 3 }), (error) => error instanceof LaterVersion && error.message.includes("version 3"));
});

test("what is not sent is not needed", () => {
  const data = payload("a");
  for (const name of ["words", "verdict", "p_send", "source", "reason", "weighed", "expected", "spread", "sensed", "context_probability", "truth", "split"]) delete data.run[name];
  delete data.reference;
  const run = readPayload(data);
  assert.equal(run.hasTruth, false);
  assert.equal(dayOf(run.line, 3).words, "");
});

test("a run of which no day has arrived is before its first day", () => {
  const { key, name } = payload("a").run;
  const run = sampleRun("a", { run: { key, name, complete: false, first_day: 1 } });
  assert.equal(run.end, 0);
  assert.equal(run.complete, false);
  assert.equal(run.line.days.length, 0);
});
