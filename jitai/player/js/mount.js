/** Views by the element that they stand in: Streamlit calls again whenever the data or the theme have changed. */

/**
 * @template View, Component
 * @param {new (parent: ShadowRoot) => View} Kind a view with isLatest(turn) and destroy()
 * @param {(view: View, component: Component) => unknown} receive gives it what is new, and returns its turn
 * @param {(view: View) => void} [arrived] called once, after it has got its first data
 * @returns {(component: Component & {parentElement: ShadowRoot}) => () => void} what Streamlit calls; it gives back what
 *   is called when the view leaves the page
 */
export function mounting(Kind, receive, arrived = () => {}) {
  const views = new WeakMap();
  return (component) => {
    const { parentElement } = component;
    const isNew = !views.has(parentElement);
    if (isNew) views.set(parentElement, new Kind(parentElement));
    const view = views.get(parentElement);
    const turn = receive(view, component);
    if (isNew) arrived(view);
    return () => {
      if (!view.isLatest(turn)) return; // a call that was overtaken by the next one is cleaned up late
      views.delete(parentElement);
      view.destroy();
    };
  };
}
