import assert from "node:assert/strict";
import test from "node:test";
import { mountInStreamlit } from "../../jitai/player/js/main.js";
import { Player } from "../../jitai/player/js/player.js";

test("a call that was overtaken does not take the player away; the last one does", (context) => {
  const element = { className: "", dataset: {}, remove: context.mock.fn() };
  globalThis.document = { createElement: () => element };
  context.mock.method(Player.prototype, "take", () => {});
  globalThis.cancelAnimationFrame = () => {};
  const parentElement = { append: () => {} };
  const mount = (payload) => mountInStreamlit({ parentElement, data: [payload], setTriggerValue: () => {} });
  const first = mount({ run: 1 });
  const second = mount({ run: 2 });
  first();
  assert.equal(element.remove.mock.callCount(), 0);
  second();
  assert.equal(element.remove.mock.callCount(), 1);
  delete globalThis.document;
});
