import assert from "node:assert/strict";
import { test } from "node:test";
import { countsUpTo, factsOf } from "../../jitai/player/js/facts.js";
import { payload, sampleRun, TRUTH_WORDS } from "./sample.mjs";

const LAST = { day: 50, revealed: false };

test("before the first day there is nothing to tell", () => {
  assert.deepEqual(factsOf(sampleRun(), sampleRun().line, { day: 0, revealed: true }), []);
});

test("the facts are counts of the days up to the one that is shown", () => {
  const run = sampleRun();
  const data = payload("a").run;
  for (const day of [1, 7, 23, 50]) {
    const sent = data.done.slice(0, day).filter((action) => action !== 0).length;
    const vetoes = data.vetoed.slice(0, day).filter(Boolean).length;
    const facts = factsOf(run, run.line, { day, revealed: false });
    assert.deepEqual(facts, [`${sent} ${sent === 1 ? "message" : "messages"} sent`, `${vetoes} held back`]);
  }
});

test("right and agreeing are told only when revealed, and only of days whose truth is known", () => {
  const data = payload("a");
  const known = data.run.truth.can_walk.map((_, day) => Number(day !== 2));
  const run = sampleRun("a", { run: { ...data.run, truth: { ...data.run.truth, known } } });
  const counts = countsUpTo(run.line, 50);
  const judged = data.run.vetoed.map((vetoed, day) => vetoed && day !== 2);
  assert.equal(counts.knownVetoes, judged.filter(Boolean).length);
  assert.equal(counts.rightVetoes, judged.filter((vetoed, day) => vetoed && !data.run.truth.can_walk[day]).length);
  assert.equal(counts.known, 49);
  const hidden = factsOf(run, run.line, LAST).join(" ");
  assert.ok(!TRUTH_WORDS.test(hidden) && !/right|truth/.test(hidden), hidden);
  const shown = factsOf(run, run.line, { day: 50, revealed: true });
  assert.ok(shown.includes(`${counts.rightVetoes} of ${counts.knownVetoes} held back rightly`));
  assert.ok(shown.includes(`${counts.agreeing} of 49 days as the truth allowed`));
});

test("what a rule for failures held back is no veto", () => {
  const data = payload("a");
  const run = sampleRun("a", { run: { ...data.run, vetoed: data.run.vetoed.map(() => 0) } });
  assert.equal(countsUpTo(run.line, 50).vetoes, 0);
  assert.ok(run.line.days.some((lived) => lived.held));
});

test("the share of the optimum is that of the whole study, and told at its end only", () => {
  const run = sampleRun("a", { best_total: 2000 });
  assert.ok(factsOf(run, run.line, LAST).includes("65 % of the optimum"));
  assert.ok(!factsOf(run, run.line, { day: 49, revealed: true }).join(" ").includes("optimum"));
  const arriving = sampleRun("a", { best_total: 2000, run: { ...payload("a").run, complete: false } });
  assert.ok(!factsOf(arriving, arriving.line, LAST).join(" ").includes("optimum"));
});

test("a branch's facts bear its letter", () => {
  const run = sampleRun("a", { letters: "A" });
  assert.match(factsOf(run, run.branches[0], LAST)[0], /^A: \d+ messages sent$/);
});
