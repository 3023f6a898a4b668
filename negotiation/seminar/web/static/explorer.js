// The explorer in the browser itself: a slider tells its value while it moves, and texts are copied.
window.explorer = {
  tell(event, output, words) {
    const told = document.getElementById(output);
    if (told) told.textContent = words ? words[event.target.value] : String(Number(Number(event.target.value).toPrecision(4)));
  },
  set(id, value) {
    const slider = document.getElementById(id);
    if (slider) slider.value = value;
  },
  copy(id, event, done) {
    const element = document.getElementById(id), button = event.currentTarget;
    const text = element.dataset.copy || element.textContent;
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
