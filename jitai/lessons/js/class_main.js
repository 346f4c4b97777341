import { ClassView } from "./class_view.js";

/** Classes by the element that they stand in. */
const classes = new WeakMap();

/**
 * @param {{parentElement: ShadowRoot, data: any}} component
 * @returns {() => void} what Streamlit calls when the class leaves the page
 */
export function mountClass({ parentElement, data }) {
  let view = classes.get(parentElement);
  if (!view) {
    view = new ClassView(parentElement);
    classes.set(parentElement, view);
  }
  const turn = view.receive(data);
  return () => {
    if (!view.isLatest(turn)) return; // a call that was overtaken by the next one is cleaned up late
    classes.delete(parentElement);
    view.destroy();
  };
}
