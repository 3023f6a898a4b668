// Clocks, and patience: what the pages do in the browser itself.
(() => {
  // A page whose server is away for a while keeps trying, instead of loading an error page that nothing comes back from.
  const open = window.io;
  if (open) {
    const patient = (url, options) => open(url, { ...options, timeout: 3600000, reconnectionDelay: 400, reconnectionDelayMax: 2000 });
    window.io = Object.assign(patient, open);
  }
  // An element with data-left counts down the seconds from when it came; data-turn tells one countdown from the next.
  const ends = new WeakMap();
  setInterval(() => {
    for (const element of document.querySelectorAll("[data-left]")) {
      const turn = element.dataset.turn + " " + element.dataset.left;
      let known = ends.get(element);
      if (!known || known.turn !== turn) {
        known = { turn, end: performance.now() + 1000 * Number(element.dataset.left) };
        ends.set(element, known);
      }
      const left = Math.max(0, Math.ceil((known.end - performance.now()) / 1000));
      const text = Math.floor(left / 60) + ":" + String(left % 60).padStart(2, "0");
      if (element.textContent !== text) element.textContent = text;
      element.classList.toggle("soon", left <= 10);
    }
    // An element with data-waited counts up from there; its table is marked once that is data-long seconds.
    for (const element of document.querySelectorAll("[data-waited]")) {
      const turn = element.dataset.turn + " " + element.dataset.waited;
      let known = ends.get(element);
      if (!known || known.turn !== turn) {
        known = { turn, begun: performance.now() - 1000 * Number(element.dataset.waited) };
        ends.set(element, known);
      }
      const waited = Math.max(0, Math.floor((performance.now() - known.begun) / 1000));
      const text = Math.floor(waited / 60) + ":" + String(waited % 60).padStart(2, "0");
      if (element.textContent !== text) element.textContent = text;
      element.closest(".tablecard")?.classList.toggle("long", waited >= Number(element.dataset.long));
    }
    for (const marked of document.querySelectorAll(".tablecard.long")) {
      if (!marked.querySelector("[data-waited]")) marked.classList.remove("long");
    }
  }, 250);
})();
