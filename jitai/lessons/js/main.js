import { LessonView } from "./lesson_view.js";

/** Lessons by the element that they stand in: Streamlit calls again whenever the data or the theme have changed. */
const lessons = new WeakMap();

/**
 * @param {{parentElement: ShadowRoot, data: any}} component
 * @returns {() => void} what Streamlit calls when the lesson leaves the page
 */
export function mountLesson({ parentElement, data }) {
  let lesson = lessons.get(parentElement);
  if (!lesson) {
    lesson = new LessonView(parentElement);
    lessons.set(parentElement, lesson);
  }
  const turn = lesson.receive(data);
  return () => {
    if (!lesson.isLatest(turn)) return; // a call that was overtaken by the next one is cleaned up late
    lessons.delete(parentElement);
    lesson.destroy();
  };
}
