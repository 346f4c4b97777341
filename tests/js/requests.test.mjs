import assert from "node:assert/strict";
import test from "node:test";
import { drawForkDialog, forkRequest } from "../../jitai/player/js/fork_dialog.js";
import { belongsToControl, commandOf } from "../../jitai/player/js/keys.js";
import { whyUnchanged } from "../../jitai/player/js/model.js";
import { luminance, themeFor } from "../../jitai/player/js/theme.js";
import { sampleRun } from "./sample.mjs";

test("a request names what is changed and leaves the rest as it was", () => {
  const run = sampleRun("a");
  const ask = (form) => forkRequest(run, run.line, 8, form);
  assert.equal(ask({}), null);
  assert.equal(ask({ say: "other", words: "   " }), null);
  assert.deepEqual(ask({ action: "0" }), { identity: "sample-a", line: "run", day: 8, action: 0, words: null, can_walk: null });
  assert.deepEqual(ask({ say: "nothing", truth: "0" }), { identity: "sample-a", line: "run", day: 8, action: null, words: "", can_walk: false });
  assert.equal(ask({ say: "other", words: " I twisted my ankle " }).words, "I twisted my ankle");
  assert.equal(ask({ say: "other", words: "x".repeat(20_000) }).words.length, 10_000);
});

test("a fork leaves the day to policy and judge unless an action is chosen", () => {
  const run = sampleRun("a");
  const dialog = String(drawForkDialog(run, run.line, 8));
  assert.match(dialog, /name="action" value="" checked><span>as policy and judge decide/);
  for (const index of [0, 1, 2, 3]) assert.ok(dialog.includes(`name="action" value="${index}">`), String(index));
});

test("why nothing changed is said where nothing did", () => {
  const run = sampleRun("a");
  const quiet = run.line.days.findIndex((day) => day.proposed === 0) + 1;
  const line = (day, more = {}) => ({ ...run.line, firstDay: day, days: run.line.days.map((lived) => ({ ...lived, ...more })) });
  assert.ok(quiet > 0);
  assert.match(whyUnchanged(line(quiet), run.line), new RegExp(`on day ${quiet}: the policy proposed no message`));
  assert.equal(whyUnchanged(line(quiet, { steps: -1 }), run.line), "");
  const held = run.line.days.findIndex((day) => day.held) + 1;
  assert.match(whyUnchanged(line(held), run.line), /held back here too/);
});

test("the dialog does not give the truth away", () => {
  const run = sampleRun("a");
  for (let day = 1; day <= 50; day += 1) assert.ok(!/could|right|wrong/.test(String(drawForkDialog(run, run.line, day)).replace(/“[^”]*”/g, "")));
});

test("keys have one meaning each", () => {
  assert.deepEqual([" ", "ArrowRight", "ArrowLeft", "Home", "End", "f", "W", "r", "p", "t", "D", "Escape", "?"].map((key) => commandOf({ key })), [
    "play", "one on", "one back", "start", "end", "fork", "why", "reveal", "present", "theme", "table", "escape", "keys",
  ]);
  assert.equal(commandOf({ key: "ArrowRight", shiftKey: true }), "five on");
  assert.equal(commandOf({ key: "c" }), null);
});

test("a text field keeps its letters, a button its space", () => {
  assert.equal(belongsToControl({ tagName: "INPUT", type: "text" }, "reveal"), true);
  assert.equal(belongsToControl({ tagName: "BUTTON" }, "play"), true);
  assert.equal(belongsToControl({ tagName: "BUTTON", isPlay: true }, "play"), false);
  assert.equal(belongsToControl({ tagName: "BUTTON" }, "reveal"), false);
  assert.equal(belongsToControl({ tagName: "INPUT", type: "range" }, "one on"), false);
});

test("the theme follows the lightness of the background", () => {
  assert.equal(themeFor("rgb(255, 255, 255)"), "light");
  assert.equal(themeFor("rgb(18, 22, 27)"), "dark");
  assert.ok(Math.abs(luminance("rgb(255, 255, 255)") - 1) < 1e-9);
});
