import assert from "node:assert/strict";
import test from "node:test";
import { initialState, isWaiting, leadLine, reduce, shownBranches, sceneOf } from "../../jitai/player/js/state.js";
import { payload, sampleRun } from "./sample.mjs";
import { readPayload } from "../../jitai/player/js/model.js";

const run = sampleRun("a");
const after = (events, of = run, from = initialState(of)) => events.reduce((state, event) => reduce(Object.freeze(state), event, of), from);

test("moving stops playing and remembers what was seen", () => {
  const state = after([{ type: "toggle play" }, { type: "move", day: 30 }, { type: "step", by: -10 }]);
  assert.deepEqual([state.day, state.seen, state.playing], [20, 30, false]);
});

test("days stay within the run", () => {
  assert.equal(after([{ type: "move", day: 99 }]).day, 50);
  assert.equal(after([{ type: "step", by: -5 }]).day, 0);
});

test("it plays to the end, stops there, and plays again from the start with its ghost", () => {
  const ended = after([{ type: "toggle play" }, ...Array(50).fill({ type: "tick" })]);
  assert.deepEqual([ended.day, ended.playing], [50, false]);
  const again = after([{ type: "toggle play" }], run, ended);
  assert.deepEqual([again.day, again.seen, again.playing], [0, 50, true]);
});

test("it waits where days have not arrived, and goes on when they have", () => {
  const data = payload("a");
  data.run = Object.fromEntries(Object.entries(data.run).map(([name, column]) => [name, Array.isArray(column) ? column.slice(0, 3) : column]));
  data.run.complete = false;
  const part = readPayload(data);
  const waiting = after([{ type: "toggle play" }, ...Array(9).fill({ type: "tick" })], part);
  assert.deepEqual([waiting.day, waiting.playing, isWaiting(waiting, part)], [3, true, true]);
  const on = after([{ type: "data" }, { type: "tick" }], run, waiting);
  assert.deepEqual([on.day, on.playing, isWaiting(on, run)], [4, true, false]);
});

test("only days that were seen can be hovered", () => {
  assert.equal(after([{ type: "move", day: 10 }, { type: "hover", day: 11 }]).hover, 0);
  assert.equal(after([{ type: "move", day: 10 }, { type: "hover", day: 10 }]).hover, 10);
});

test("the truth is revealed only where it is there and free", () => {
  assert.equal(after([{ type: "toggle reveal" }]).revealed, true);
  const locked = sampleRun("a", { options: { reveal: "locked" } });
  assert.equal(after([{ type: "toggle reveal" }], locked).revealed, false);
  const data = payload("a");
  delete data.run.truth;
  assert.equal(after([{ type: "toggle reveal" }], readPayload(data)).revealed, false);
});

test("a branch that was asked for is followed; its removal leads back to the run", () => {
  const forked = sampleRun("a", { letters: "A" });
  const state = after([{ type: "move", day: 21 }, { type: "asked", text: "day 21", number: 1 }]);
  const arrived = reduce(state, { type: "data" }, forked);
  assert.deepEqual([arrived.day, arrived.pending, leadLine(arrived, forked).letter, arrived.whyOf], [21, "", "A", "A"]);
  const removed = reduce(arrived, { type: "remove", key: "branch-A" }, forked);
  assert.deepEqual([shownBranches(removed, forked), removed.lead, removed.whyOf], [[], "run", ""]);
});

test("a branch that nobody asked for does not take the card away", () => {
  assert.equal(after([{ type: "data" }], sampleRun("a", { letters: "A" }), initialState(run)).lead, "run");
});

test("an answer ends the waiting for a branch, other news does not", () => {
  const state = after([{ type: "asked", text: "day 3", number: 1 }]);
  assert.equal(reduce(state, { type: "data" }, sampleRun("a", { answered: 1, notice: "The judge cannot be reached." })).pending, "");
  assert.equal(reduce(state, { type: "data" }, sampleRun("a")).pending, "day 3");
});

test("another run starts over, with the viewer's speed and theme", () => {
  const state = after([{ type: "move", day: 40 }, { type: "toggle reveal" }, { type: "speed", value: 10 }, { type: "theme", value: "dark" }]);
  const other = reduce(state, { type: "data" }, sampleRun("b"));
  assert.deepEqual([other.day, other.seen, other.revealed, other.speed, other.theme], [0, 0, false, 10, "dark"]);
});

test("an unknown event is a mistake", () => {
  assert.throws(() => after([{ type: "jump" }]), /jump/);
});

test("a story waits at its first caption, plays to each scene, and stops with what it shows", () => {
  const scenes = [{ day: 0, caption: "first" }, { day: 3, caption: "second", revealed: true }, { day: 50, caption: "last", why: true }];
  const run = sampleRun("b", { options: { plays: true, scenes } });
  let state = initialState(run);
  assert.equal(state.playing, false);
  assert.equal(sceneOf(run, 0).caption, "first");
  const played = () => {
    state = reduce(state, { type: "toggle play" }, run);
    assert.deepEqual([state.playing, state.why], [true, false], "the tracks are shown while it plays");
    for (let beat = 0; beat < 60 && state.playing; beat += 1) state = reduce(state, { type: "tick" }, run);
    return [state.day, state.playing, state.revealed, state.why];
  };
  assert.deepEqual(played(), [3, false, true, false]);
  assert.equal(sceneOf(run, 2).caption, "first");
  assert.equal(sceneOf(run, 3).caption, "second");
  assert.deepEqual(played(), [50, false, false, true]);
  assert.equal(sceneOf(run, 50).caption, "last");
});

test("a run that plays by itself begins at once", () => {
  assert.equal(initialState(sampleRun("a", { options: { plays: true, small: true } })).playing, true);
  assert.equal(initialState(sampleRun("a")).playing, false);
});

test("who asked from the day before is led to the day that was changed, and told why nothing changed there", () => {
  const forked = sampleRun("a", { letters: "A" });
  const [branch] = forked.branches;
  const asked = (day, more = []) => after([{ type: "move", day }, { type: "asked", text: "lived again", number: 1 }, ...more]);
  assert.equal(reduce(asked(branch.firstDay - 1), { type: "data" }, forked).day, branch.firstDay);
  assert.equal(reduce(asked(branch.firstDay - 2), { type: "data" }, forked).day, branch.firstDay - 2);
  assert.equal(reduce(asked(branch.firstDay - 1, [{ type: "toggle play" }]), { type: "data" }, forked).day, branch.firstDay - 1);
});
