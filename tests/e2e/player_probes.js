{
  root: () => document.querySelector("[data-testid=stBidiComponentIsolated]").shadowRoot,

  /** Elements with text of their own that can be seen, without what is only for screen readers. */
  texts(except = ".sr") {
    const walker = document.createTreeWalker(this.root().querySelector(".player"), NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent.trim();
      if (text && !element.closest(except) && element.checkVisibility()) found.push({ element, text });
    }
    return found;
  },

  /** The smallest type on the screen, in pixels. */
  smallest_type() {
    return Math.min(...this.texts().map(({ element }) => parseFloat(getComputedStyle(element).fontSize)));
  },

  /** Where the things stand that must not move while it plays. */
  places() {
    return [...this.root().querySelectorAll(".plot, .card, .story > li:not(.s-words), .transport, .legend-row")].map((element) => {
      const box = element.getBoundingClientRect();
      return [element.className, Math.round(box.top + scrollY), Math.round(box.height)];
    });
  },

  /** What is cut: outside the window, clipped in its own box, below the card, over another row of the card. */
  cut() {
    const root = this.root();
    const found = [];
    const note = (what, element) => found.push([what, element.className, element.textContent.slice(0, 40)]);
    for (const element of root.querySelectorAll(".player *")) {
      if (!element.checkVisibility() || element.closest(".sr, svg, .why, dialog")) continue;
      const box = element.getBoundingClientRect();
      if (box.right > innerWidth + 1 || box.left < -1) note("outside", element);
      const clips = getComputedStyle(element).overflowX === "hidden" && !element.title && !element.closest(".title");
      if (clips && element.scrollWidth > element.clientWidth + 1) note("clipped", element);
    }
    const answer = root.querySelector(".answer");
    if (answer.scrollWidth > answer.clientWidth + 1) note("wider than its place", answer);
    const card = root.querySelector(".card").getBoundingClientRect();
    const rows = [...root.querySelectorAll(".story > li")];
    const boxes = rows.map((row) => row.getBoundingClientRect());
    rows.forEach((row, index) => {
      if (boxes[index].bottom > card.bottom + 1) note("below the card", row);
      for (const inner of row.children) if (inner.scrollHeight > row.clientHeight + 2) note("taller than its slot", row);
      for (let next = index + 1; next < rows.length; next += 1) {
        const [one, two] = [boxes[index], boxes[next]];
        const across = one.left < two.right - 1 && two.left < one.right - 1;
        if (across && one.top < two.bottom - 1 && two.top < one.bottom - 1) note("overlaps the next", row);
      }
    });
    return found;
  },

  /** Texts with a contrast below 4.5:1 against what is behind them. Disabled and ghosted ones are excepted. */
  contrast() {
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = (colour) =>
      channels(colour)
        .slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
      for (let node = element; node; node = node.parentElement ?? node.getRootNode().host) {
        const colour = getComputedStyle(node).backgroundColor;
        const parts = channels(colour);
        if (parts.length < 4 || parts[3] === 1) return colour;
      }
      return "rgb(255, 255, 255)";
    };
    return this.texts(".sr, .keys, :disabled, .ghost, text.on-ink, text.on-branch").flatMap(({ element, text }) => {
      const picture = element.closest("svg");
      const style = getComputedStyle(element);
      const [ink, paper] = [light(picture ? style.fill : style.color), light(behind(picture ?? element))];
      const contrast = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      return contrast < 4.5 ? [[text.slice(0, 30), contrast.toFixed(2)]] : [];
    });
  },
}
