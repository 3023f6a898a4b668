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
// A student's page and its server. What is pressed needs an answer: while there is no connection the page says so at
// once and takes no presses; a move that may have been lost is sent again as soon as there is one, with the number it
// had (its place in the record), so it counts once; and if the table has moved on without it, the page says that too.
(() => {
  const PATIENCE = 1500, AGAIN = 3000, PROBE = 4000; // milliseconds
  const here = () => document.querySelector("[data-link]");
  const key = () => `move ${location.pathname}`;
  let lost = false, probing = false, closed = 0;
  const kept = () => {
    try { return JSON.parse(sessionStorage.getItem(key()) || "null"); } catch { return null; }
  };
  const keep = (move) => {
    try {
      if (move) sessionStorage.setItem(key(), JSON.stringify(move)); else sessionStorage.removeItem(key());
    } catch { /* storage is switched off: then a page that is loaded again has forgotten what was pressed */ }
  };
  const buttons = () => [...document.querySelectorAll("button.move[data-place]")];
  const tell = (which) => {
    const note = here();
    if (!note) return;
    const text = which ? note.dataset[which] || "" : "";
    if (note.textContent !== text) note.textContent = text;
  };
  const broken = () => {
    const popup = document.getElementById("popup");
    return (window.did_handshake && !window.socket?.connected) || (popup && popup.ariaHidden === "false");
  };
  // Whether the server answers. The browser's own word for being offline is no proof: a laptop that plays alone at
  // home without a network is offline, and its own server answers all the same.
  const probe = async () => {
    if (probing || !here()) return;
    probing = true;
    try {
      await fetch("/seminar/tree.js", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(PROBE) });
      lost = broken();
    } catch {
      lost = true;
    }
    probing = false;
    look();
  };
  const send = (move) => {
    const button = buttons().find((each) => each.dataset.place === String(move.place) && each.dataset.option === String(move.option));
    if (!button) return;
    keep({ ...move, at: Date.now() });
    button.dispatchEvent(new CustomEvent("again"));
  };
  const look = () => {
    const note = here();
    if (!note) return;
    if (broken()) lost = true;
    document.body.classList.toggle("lost", lost);
    for (const each of document.querySelectorAll("button.move, [data-needs-server]")) {
      if (lost) each.setAttribute("aria-disabled", "true"); else each.removeAttribute("aria-disabled");
    }
    const place = Number(note.dataset.place), mine = Number(note.dataset.mine);
    let move = kept();
    if (move && place > move.place) {
      keep(null);
      if (mine < move.place) note.dataset.missed = String(place);
      move = null;
    }
    if (note.dataset.missed && buttons().length === 0 && note.dataset.missed !== note.dataset.place) delete note.dataset.missed;
    for (const each of buttons()) {
      each.classList.toggle("sent", Boolean(move) && each.dataset.place === String(move.place) && each.dataset.option === String(move.option));
    }
    const waited = move ? Date.now() - move.first : 0;
    tell(lost ? (move ? "unsent" : "lost") : move && waited > PATIENCE ? "unsent" : note.dataset.missed ? "late" : "");
    if (!move || lost) return;
    if (waited > PATIENCE && Date.now() - move.at > PATIENCE) probe();
    if (Date.now() - move.at > AGAIN && window.socket?.connected && window.did_handshake) {
      // The server answers, but not over this connection, which may be dead without knowing it.
      if (waited > 2 * AGAIN && Date.now() - closed > 10000) {
        closed = Date.now();
        window.socket.io.engine?.close();
      }
      send(move);
    }
  };
  window.seminarRefused = (place) => {
    if (kept()?.place === place) keep(null);
    look();
  };
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("button.move, [data-needs-server]");
    if (!target || !here()) return;
    if (lost || broken()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      look();
    } else if (target.matches("button.move[data-place]")) {
      delete here().dataset.missed;
      const now = Date.now();
      keep({ place: Number(target.dataset.place), option: Number(target.dataset.option), first: now, at: now });
      if (!navigator.onLine) probe();
      look();
    }
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.closest?.(".writing") && (lost || broken())) event.stopImmediatePropagation();
  }, true);
  window.addEventListener("offline", probe);
  window.addEventListener("online", probe);
  setInterval(() => {
    if (here() && lost && !broken()) probe();
    look();
  }, 250);
  // The way back from a what-if to the debrief it was begun in: only this browser knows it.
  const last = "seminar debrief";
  setInterval(() => {
    try {
      if (location.pathname.startsWith("/mine/")) sessionStorage.setItem(last, location.pathname);
      const back = document.querySelector("a[data-back]");
      if (!back || !back.hidden) return;
      const own = `back ${location.pathname}`, from = sessionStorage.getItem(last);
      if (!sessionStorage.getItem(own) && from && from.slice(6) !== location.pathname.slice(6)) sessionStorage.setItem(own, from);
      const found = sessionStorage.getItem(own);
      if (found) Object.assign(back, { href: found, hidden: false });
    } catch { /* storage is switched off: no way back is offered */ }
  }, 500);
})();
