// The explorer in the browser itself: sliders tell and send their values, news are drawn without Vue, texts are copied.
window.explorer = {
  PAUSE: 40,      // milliseconds from a step of a slider that is still held to its value being sent
  PATIENCE: 2000, // milliseconds after which an answer is no longer waited for
  live: { busy: false, timer: null, next: null },

  tell(event, output, words) {
    const text = words ? words[event.target.value] : String(Number(Number(event.target.value).toPrecision(4)));
    this.write(output, text);
    event.target.setAttribute("aria-valuetext", text);
  },
  // While a slider is held, one value is under way at a time, and the latest follows it.
  held(event, emit) {
    const live = this.live, value = event.target.value;
    live.next = () => emit({ value, held: true });
    clearTimeout(live.timer);
    live.timer = setTimeout(() => this.follow(), this.PAUSE);
  },
  follow() {
    const live = this.live;
    if (live.busy || !live.next) return;
    const send = live.next;
    live.next = null;
    live.busy = setTimeout(() => { live.busy = false; this.follow(); }, this.PATIENCE);
    send();
  },
  released(event, emit) {
    clearTimeout(this.live.timer);
    this.live.next = null;
    emit({ value: event.target.value, held: false });
  },

  // What the server sends: contents, names and charts by the number of their element.
  show(news) {
    for (const [id, nodes] of Object.entries(news.parts || {})) {
      const element = document.getElementById(id);
      if (element) element.replaceChildren(...nodes.map((node) => this.made(node)));
    }
    for (const [id, name] of Object.entries(news.names || {})) document.getElementById(id)?.setAttribute("aria-label", name);
    if (news.number !== undefined) document.querySelector(".page.explorer").dataset.shown = news.number;
    for (const [id, options] of Object.entries(news.charts || {})) this.draw(id, options);
    const late = Object.entries(news.late || {});
    if (late.length) requestAnimationFrame(() => setTimeout(() => late.forEach(([id, options]) => this.draw(id, options))));
    if (news.number !== undefined && !news.more && this.live.busy) {
      clearTimeout(this.live.busy);
      this.live.busy = false;
      if (this.live.next) requestAnimationFrame(() => this.follow());
    }
  },
  draw(id, options, tries = 0) {
    const chart = getElement(Number(id.slice(1)))?.chart;
    if (chart && chart.getOption()) chart.setOption(this.dynamic(options), { lazyUpdate: true });
    else if (tries < 100) setTimeout(() => this.draw(id, options, tries + 1), 50);
  },
  made(node) {
    if (typeof node === "string") return document.createTextNode(node);
    const [tag, attributes, children] = node, element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children.map((child) => this.made(child)));
    return element;
  },
  // Keys with a leading colon hold functions, as in NiceGUI's own options.
  dynamic(options) {
    if (Array.isArray(options)) return options.length && typeof options[0] === "object" ? options.map((each) => this.dynamic(each)) : options;
    if (options === null || typeof options !== "object") return options;
    return Object.fromEntries(Object.entries(options).map(([key, value]) => (key.startsWith(":")
      ? [key.slice(1), new Function(`return (${value})`)()]
      : [key, key === "data" ? value : this.dynamic(value)])));
  },

  // What a number means, opened and closed below its slider.
  about(event, id, nodes) {
    const box = document.getElementById(id), opened = box.hidden;
    if (!box.firstChild) box.replaceChildren(...nodes.map((node) => this.made(node)));
    box.hidden = !opened;
    event.currentTarget.setAttribute("aria-expanded", String(opened));
    if (opened) box.scrollIntoView({ block: "nearest" });
  },

  set(id, value) {
    const slider = document.getElementById(id);
    if (slider) slider.value = value;
  },
  // Where a slider belongs; one that has gone on under somebody's fingers since the server heard of it stays.
  stand(id, value, output, text, heard) {
    const slider = document.getElementById(id);
    if (slider && heard !== null && slider === document.activeElement && Number(slider.value) !== heard) return;
    this.set(id, value);
    this.write(output, text);
    slider?.setAttribute("aria-valuetext", text);
  },
  // The text node is Vue's: to put another in its place would leave it without one.
  write(id, text) {
    const element = document.getElementById(id);
    if (element?.firstChild?.nodeType === Node.TEXT_NODE) element.firstChild.nodeValue = text;
    else if (element) element.textContent = text;
  },
  address(query) {
    history.replaceState(history.state, "", query);
  },
  copy(id, event, done) {
    const element = document.getElementById(id), button = event.currentTarget;
    const text = element.dataset.copy === "address" ? location.href : element.textContent;
    const said = () => { const before = button.textContent; button.textContent = done; setTimeout(() => { button.textContent = before; }, 1500); };
    const plainly = () => {  // pages that are served without https have no clipboard of their own
      const area = document.createElement("textarea");
      area.value = text; area.setAttribute("aria-hidden", "true"); area.style.position = "fixed"; area.style.opacity = "0";
      document.body.append(area); area.select(); document.execCommand("copy"); area.remove(); button.focus(); said();
    };
    if (navigator.clipboard && window.isSecureContext) navigator.clipboard.writeText(text).then(said, plainly);
    else plainly();
  },
};
