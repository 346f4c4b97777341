import assert from "node:assert/strict";
import test from "node:test";
import { percentText, probabilityText, shortened, signed, stepsText, whole } from "../../jitai/player/js/format.js";

test("numbers have thousands marks and a true minus, and no minus zero", () => {
  assert.equal(whole(1252.94), "1,253");
  assert.equal(whole(-1252.94), "−1,253");
  assert.equal(whole(-0.3), "0");
  assert.equal(signed(422.6), "+423");
  assert.equal(signed(-88), "−88");
  assert.equal(signed(0.4), "0");
});

test("a probability is never 0 and never 1", () => {
  assert.equal(probabilityText(0), "under 0.01");
  assert.equal(probabilityText(0.0049), "under 0.01");
  assert.equal(probabilityText(0.005), "0.01");
  assert.equal(probabilityText(0.9949), "0.99");
  assert.equal(probabilityText(1), "over 0.99");
  assert.equal(percentText(1), "over 99 %");
  assert.equal(percentText(0), "under 1 %");
});

test("one step is singular", () => {
  assert.equal(stepsText(0.9), "1 step");
  assert.equal(stepsText(0), "0 steps");
  assert.equal(stepsText(1301), "1,301 steps");
});

test("long words are cut at a word and never inside a character", () => {
  assert.equal(shortened("one two three", 10), "one two …");
  assert.equal(shortened("short", 10), "short");
  assert.equal(shortened("🚶🚶🚶 🚶🚶🚶", 6), "🚶🚶🚶 …");
});
