import { addressFor } from "./lesson_notes.js";
import { answersFile } from "./lesson_state.js";

/** What a lesson does outside of itself: the whole window, the notes' window, files and addresses. */

/** @typedef {import("./lesson_view.js").LessonView} LessonView */

/** The lesson alone over the whole window, in large type: for the back row. */
export function enlarge(view, on) {
  view.large = on;
  view.frame.dataset.mode = on ? "presenter" : "page";
  if (view.frame.showPopover) {
    if (on) {
      view.frame.setAttribute("popover", "manual");
      view.frame.showPopover();
    } else if (view.frame.hasAttribute("popover")) {
      view.frame.hidePopover();
      view.frame.removeAttribute("popover");
    }
  }
  view.render();
  view.parts.root.focus({ preventScroll: true });
}

/** Notes in a window of their own: what is projected or printed has none. */
export function openNotes(view) {
  const address = addressFor(window.location.href, { lesson: view.data.lesson.id, step: view.state.step, notes: true });
  if (!window.open(address, "jitai-notes", "popup,width=520,height=860")) view.parts.live.textContent = "The browser has blocked the window with the notes.";
}

export function copyLink(view) {
  const field = view.parts.notes.querySelector("#students");
  field.select();
  // Browsers lend the clipboard to safe addresses only, and a classroom's is often none.
  const copied = navigator.clipboard ? navigator.clipboard.writeText(field.value) : Promise.resolve(document.execCommand("copy"));
  copied.then(() => (view.parts.notes.querySelector("[data-do=copy]").textContent = "Copied")).catch(() => {}); // the text is marked
}

/** The student's file, under a code. */
export function saveAnswers(view) {
  const content = JSON.stringify(answersFile(view.data, view.state, new Date().toISOString().slice(0, 16)), null, 1);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type: "application/json" }));
  link.download = `${view.data.lesson.id}-${view.state.code}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 2000);
  view.parts.live.textContent = `Saved under the code ${view.state.code}: one small file with your predictions and decisions.`;
}

/** What the address says of lesson and step, and for whom it is. */
export function addressOf() {
  const query = new URL(window.location.href).searchParams;
  return { lesson: query.get("lesson") ?? "", step: Number(query.get("step") ?? 1), notes: query.get("notes") === "1", student: query.get("student") === "1" };
}

/** Five letters and digits that nobody mistakes for each other, to stand for a name. */
export function newCode() {
  const signs = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(5)), (number) => signs[number % signs.length]).join("");
}
