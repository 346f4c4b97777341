import assert from "node:assert/strict";
import test from "node:test";
import { answerNumber, drawAnswer, numberOnItsWay } from "../../jitai/player/js/answer.js";
import { drawAxis, tickEvery } from "../../jitai/player/js/axis.js";
import { cardSlots, truthJudgement } from "../../jitai/player/js/card.js";
import { drawDraws } from "../../jitai/player/js/draws.js";
import { whole } from "../../jitai/player/js/format.js";
import { hoverText } from "../../jitai/player/js/hover.js";
import { drawJudgeScale } from "../../jitai/player/js/judge_scale.js";
import { dayAt, layOut } from "../../jitai/player/js/layout.js";
import { legendNumbers } from "../../jitai/player/js/legend.js";
import { readPayload } from "../../jitai/player/js/model.js";
import { drawTable } from "../../jitai/player/js/table.js";
import { drawPicture } from "../../jitai/player/js/tracks/picture.js";
import { drawWhy } from "../../jitai/player/js/why.js";
import { payload, sampleRun, TRUTH_WORDS, viewOf } from "./sample.mjs";

const plain = (markup) => String(markup).replace(/<[^>]*>/g, " ").replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&amp;/g, "&").replace(/\s+/g, " ").trim();

test("the hover of every day tells that day's values", () => {
  for (const which of ["a", "b"]) {
    const data = payload(which);
    const run = readPayload(data);
    const soFar = (line, day) => Math.round(line.steps.slice(0, day).reduce((sum, steps) => sum + steps, 0));
    const stepsOf = (line, day) => whole(soFar(line, day) - soFar(line, day - 1));
    for (let day = 1; day <= 50; day += 1) {
      const text = plain(hoverText(run, run.line, [], day, false));
      const at = (column) => data.run[column][day - 1];
      assert.ok(text.startsWith(`Day ${day} `), text);
      assert.ok(text.includes(` ${stepsOf(data.run, day)} step`), text);
      assert.ok(text.includes(`habituation ${at("habituation").toFixed(2)}, risk ${at("risk").toFixed(2)}`), text);
      const held = at("proposed") !== 0 && at("done") === 0;
      assert.ok(text.includes(held ? `held back: ${data.actions[at("proposed")].name}` : data.actions[at("done")].name), text);
      const other = data.reference.steps[day - 1];
      assert.ok(text.includes(`without the judge ${other === undefined ? "gone" : stepsOf(data.reference, day)}`), text);
      assert.ok(!TRUTH_WORDS.test(text), text);
      const revealed = plain(hoverText(run, run.line, [], day, true));
      assert.ok(revealed.includes(data.run.truth.can_walk[day - 1] ? "could walk" : "could not walk"));
    }
  }
});

test("what was not seen is not drawn: the picture of a day is the picture of a run that ends there", () => {
  for (const which of ["a", "b"]) {
    for (const day of [1, 6, 24, 49]) {
      const run = sampleRun(which);
      const cut = (line) => ({ ...line, days: line.days.slice(0, day), leftOn: line.leftOn && line.leftOn <= day ? line.leftOn : null });
      const shorter = { ...run, line: cut(run.line), reference: cut(run.reference) };
      const draw = (of) => String(drawPicture(viewOf(of, { day, revealed: true }))).replace(/<text[^>]*>at 0.99[^<]*<\/text>/, "");
      assert.equal(draw(shorter), draw(run), `${which} day ${day}`);
    }
  }
});

test("what was seen beyond the cursor is a ghost", () => {
  const run = sampleRun("a");
  assert.ok(!String(drawPicture(viewOf(run, { day: 30, seen: 30 }))).includes('class="ghost"'));
  assert.ok(String(drawPicture(viewOf(run, { day: 30, seen: 40 }))).includes('class="ghost"'));
});

test("the truth is in no output before it is revealed", () => {
  for (const which of ["a", "b"]) {
    const data = payload(which, { letters: "A" });
    const run = readPayload(data);
    const flipped = payload(which, { letters: "A" });
    for (const line of [flipped.run, flipped.reference, flipped.branches[0]]) {
      line.truth.can_walk = line.truth.can_walk.map((value) => 1 - value);
      line.truth.context = line.truth.context.map((value) => 1 - value);
      line.truth.allowed = line.truth.allowed.map((value) => 3 - value);
    }
    const other = readPayload(flipped);
    const everything = (of, day, revealed) => {
      const shown = { day, seen: 50, revealed, presenting: false, whyOf: "" };
      const slots = cardSlots(of, of.line, of.branches, shown);
      return [
        drawPicture(viewOf(of, shown)),
        ...Object.values(slots),
        drawTable(of, of.line, of.branches, shown),
        drawWhy(of, of.branches, shown),
        drawWhy(of, of.branches, { ...shown, whyOf: "A" }),
        hoverText(of, of.line, of.branches, Math.max(1, day), revealed),
      ].join("\n");
    };
    for (let day = 0; day <= 50; day += 1) {
      const hidden = everything(run, day, false);
      assert.ok(!TRUTH_WORDS.test(plain(hidden)), `${which} day ${day}: ${plain(hidden).match(TRUTH_WORDS)}`);
      assert.equal(hidden, everything(other, day, false), `${which} day ${day}`);
      if (day > 0) assert.notEqual(everything(run, day, true), everything(other, day, true));
    }
  }
});

test("the headline is a sentence with its number, and says cost at a loss", () => {
  const a = sampleRun("a");
  assert.equal(plain(drawAnswer(a, 0, 0)), "Does listening pay?");
  assert.equal(plain(drawAnswer(a, 3, 0)), "No difference yet");
  assert.equal(plain(drawAnswer(a, 25, answerNumber(a, 25))), "Listening has gained 586 steps");
  assert.equal(plain(drawAnswer(a, 50, answerNumber(a, 50))), "Listening gained 1,253 steps");
  const b = sampleRun("b");
  const worst = Array.from({ length: 50 }, (_, index) => index + 1).find((day) => answerNumber(b, day) < 0);
  const branched = sampleRun("a", { letters: "A" });
  const [lead] = branched.branches;
  const difference = answerNumber(branched, 50, lead);
  const read = (line) => Math.round(line.days.reduce((sum, lived) => sum + lived.steps, 0));
  assert.equal(difference, read(lead) - read(branched.line), "the headline is of the branch that is followed");
  assert.match(plain(drawAnswer(branched, 50, difference, lead)), new RegExp(`^Branch A (gained|cost) ${Math.abs(difference)} steps$`));
  assert.equal(plain(drawAnswer(branched, 50, answerNumber(branched, 50))), "Listening gained 1,253 steps");
  assert.match(plain(drawAnswer(b, worst, answerNumber(b, worst))), /^Listening has cost \d+ steps$/);
  assert.ok(String(drawAnswer(b, worst, answerNumber(b, worst))).includes('class="loss"'));
  assert.equal(plain(drawAnswer(a, 9, 1)), "Listening has gained 1 step");
  const alone = { ...a, reference: null };
  assert.equal(plain(drawAnswer(alone, 25, answerNumber(alone, 25))), "634 steps so far");
});

test("the number on its way ends on the exact number", () => {
  assert.equal(numberOnItsWay(10, 335, 0), 10);
  assert.equal(numberOnItsWay(10, 335, 1), 335);
  assert.ok(numberOnItsWay(10, 335, 0.5) > 10 && numberOnItsWay(10, 335, 0.5) < 335);
});

test("headline, legend, hover and table tell one story", () => {
  for (const which of ["a", "b"]) {
    const run = sampleRun(which);
    for (let day = 1; day <= 50; day += 1) {
      const numbers = legendNumbers(run, [], day);
      const read = (key) => Number(numbers[key].steps.replace(/,/g, ""));
      assert.equal(answerNumber(run, day), read("run") - read("reference"));
    }
  }
});

test("gain and loss are filled apart, and gain is never hatched", () => {
  const a = String(drawPicture(viewOf(sampleRun("a"), { day: 50 })));
  assert.ok(a.includes('class="gain"') && !a.includes('class="loss"'));
  const b = String(drawPicture(viewOf(sampleRun("b"), { day: 50 })));
  assert.ok(b.includes('class="gain"') && b.includes('class="loss"'));
});

test("scales do not move while it plays", () => {
  const run = sampleRun("b");
  const numbers = (day) => [...String(drawPicture(viewOf(run, { day }))).matchAll(/<text class="t" x="822[^>]*>([^<]*)</g)].map((found) => found[1]).join();
  for (const day of [0, 1, 17, 50]) assert.equal(numbers(day), numbers(25));
  assert.ok(numbers(25).includes("2,000"));
});

test("the table has the days that were seen, each once", () => {
  const run = sampleRun("a");
  const rows = (seen) => [...String(drawTable(run, run.line, [], { seen, revealed: false })).matchAll(/<th class="r" scope="row">(\d+)</g)].map((found) => Number(found[1]));
  assert.deepEqual(rows(0), []);
  assert.deepEqual(rows(7), [1, 2, 3, 4, 5, 6, 7]);
  assert.equal(rows(50).length, 50);
});

test("every slot of the card is there on every day, also after somebody has left", () => {
  const run = sampleRun("a");
  for (let day = 0; day <= 50; day += 1) {
    for (const line of [run.line, run.reference]) {
      const slots = cardSlots(run, line, [], { day, revealed: true, presenting: false });
      assert.deepEqual(Object.keys(slots).sort(), ["done", "earned", "judge", "policy", "sensor", "source", "truth", "words"].sort());
    }
  }
  assert.ok(plain(cardSlots(run, run.reference, [], { day: 9, revealed: false, presenting: false }).words).includes("left on day 5"));
});

test("a day held back by an unsure judge says so", () => {
  const run = sampleRun("a");
  const index = run.line.days.findIndex((day) => day.vetoed);
  const done = (verdict) => {
    const days = run.line.days.map((day, at) => (at === index ? { ...day, verdict } : day));
    return plain(cardSlots(run, { ...run.line, days }, [], { day: index + 1, revealed: false, presenting: false }).done);
  };
  assert.match(done("unsure"), /held back ?: judge unsure/);
  assert.match(done("do not send"), /held back ?, no message/);
});

test("the judge's scale and the policy's draws show the day", () => {
  const run = sampleRun("a");
  const [day] = run.line.days.slice(7, 8);
  assert.ok(String(drawJudgeScale(run, day, { font: 13, width: 280 })).includes("P(send) 0.97, unsure between 0.40 and 0.60"));
  assert.ok(String(drawDraws(run, day, { font: 13, width: 280, strip: false })).includes('class="chosen"'));
  assert.ok(plain(drawDraws({ ...run, axes: { ...run.axes, weighing: null } }, day, { font: 13, width: 280, strip: false })).includes("no numbers"));
});

test("a place on the picture is a day, and the axis numbers fit", () => {
  const layout = layOut({ width: 860, height: 520, font: 13, gutter: 122, scale: 46, days: 50 });
  for (let day = 1; day <= 50; day += 1) assert.equal(dayAt(layout, layout.x(day), 50), day);
  assert.equal(dayAt(layout, 3, 50), 0);
  assert.equal(dayAt(layout, 859, 50), 50);
  assert.deepEqual([7, 50, 100, 365].map(tickEvery), [1, 10, 20, 100]);
  assert.ok(plain(drawAxis(layout, { days: 50, day: 8, font: 13 })).includes("8"));
});

test("why says what matters, and its figures stand beside the headline's", () => {
  const a = plain(drawWhy(sampleRun("a"), [], { whyOf: "", day: 50, revealed: false }));
  assert.ok(a.includes("without the judge this person left on day 5 and missed 45 days"), a);
  const b = sampleRun("b");
  const revealed = plain(drawWhy(b, [], { whyOf: "", day: 50, revealed: true }));
  assert.ok(revealed.includes("resting, not from listening: 7 of 8 messages were held back wrongly"), revealed);
  assert.ok(revealed.includes("+423") && revealed.includes("−88"), revealed);
  const bare = plain(drawWhy({ ...b, line: { ...b.line, split: null } }, [], { whyOf: "", day: 50, revealed: true }));
  assert.ok(bare.includes("has not been worked out") && bare.includes("1,126"), bare);
  assert.ok(plain(drawWhy({ ...b, reference: null }, [], { whyOf: "", day: 50, revealed: true })).includes("nothing to compare"));
});

test("a study of a year and one of a week can be drawn", () => {
  for (const days of [7, 365]) {
    const data = payload("a");
    const stretch = (column) => Array.from({ length: days }, (_, index) => column[index % 50]);
    for (const [name, column] of Object.entries(data.run)) if (Array.isArray(column)) data.run[name] = stretch(column);
    data.run.truth = Object.fromEntries(Object.entries(data.run.truth).map(([name, column]) => [name, stretch(column)]));
    const run = readPayload({ ...data, days });
    const picture = String(drawPicture(viewOf(run, { day: days, revealed: true })));
    assert.ok(!/NaN|undefined|Infinity/.test(picture));
  }
});

test("a small picture has two tracks that fill it", () => {
  const layout = layOut({ width: 560, height: 216, font: 13, gutter: 0, scale: 46, days: 50, without: ["ribbon", "habituation", "risk"] });
  assert.deepEqual(Object.keys(layout.tracks), ["stepsSoFar", "stepsADay"]);
  assert.ok(layout.bottom > 200 && layout.bottom <= 216, String(layout.bottom));
  const picture = String(drawPicture({ ...viewOf(sampleRun("a"), { day: 20 }), layout }));
  assert.ok(!/NaN|undefined|Risk of leaving/.test(picture) && picture.includes("Steps each day"));
});

test("words are explained where they stand", () => {
  const run = { ...sampleRun("a"), terms: { habituation: "How used to <messages>", steps: "units" } };
  const picture = String(drawPicture(viewOf(run, { day: 9 })));
  assert.ok(picture.includes("<title>How used to &lt;messages&gt;</title>Habituation"));
  assert.ok(plain(String(drawPicture(viewOf(run, { day: 0 })))).includes("not a pedometer’s 5,000"));
});

test("where another message than the sent one was allowed, the card names it", () => {
  const run = sampleRun("a");
  const lived = { held: false, done: 1, truth: { canWalk: true, context: 0, allowed: 2 } };
  assert.match(truthJudgement(run, lived), /^Sending was right; the truth allowed “.+”\.$/);
  assert.equal(truthJudgement(run, { ...lived, truth: { ...lived.truth, allowed: 1 } }), "Sending was right.");
});
