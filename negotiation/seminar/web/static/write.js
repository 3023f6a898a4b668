// Where a note or message is written. What is half written, and for whom, is kept by the browser: a page that comes
// back after an outage has both again, so that what was meant for one capital never goes to all.
import { h } from "vue";

const number = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");

export default {
  props: { kind: String, label: String, verb: String, to: String, longest: Number, recipients: { type: Array, default: () => [] } },
  emits: ["send"],
  data() {
    const fresh = { text: "", only: this.recipients.length ? this.recipients[0][0] : "", token: number() };
    try {
      const kept = JSON.parse(sessionStorage.getItem(this.key()) || "{}");
      const known = !this.recipients.length || this.recipients.some(([each]) => each === kept.only);
      return typeof kept.text === "string" && typeof kept.token === "string" && known ? { ...fresh, ...kept } : fresh;
    } catch {
      return fresh; // storage is switched off
    }
  },
  methods: {
    key() {
      return `draft ${this.kind} ${location.pathname}`;
    },
    keep(changes) {
      Object.assign(this, changes);
      try {
        sessionStorage.setItem(this.key(), JSON.stringify({ text: this.text, only: this.only, token: this.token }));
      } catch { /* storage is switched off or full */ }
    },
    send() {
      if (this.text.trim()) this.$emit("send", [this.text, this.only, this.token]);
    },
    // The server has kept what had this number; what has been typed since stays.
    sent(token) {
      if (token === this.token) this.keep({ text: "", token: number() });
    },
  },
  render() {
    const radios = this.recipients.map(([value, name]) => h("label", [
      h("input", { type: "radio", name: `${this.kind}-to`, value, checked: this.only === value, onChange: () => this.keep({ only: value, token: number() }) }),
      name]));
    return h("div", { class: "writing" }, [
      radios.length ? h("fieldset", { class: "to" }, [h("legend", this.to), h("div", { class: "radios" }, radios)]) : null,
      h("div", { class: "write" }, [
        h("label", { class: "grow" }, [h("span", this.label), h("input", {
          type: "text", maxlength: this.longest, autocomplete: "off", value: this.text, enterkeyhint: "send",
          onInput: (event) => this.keep({ text: event.target.value, token: number() }),
          onKeydown: (event) => { if (event.key === "Enter" && !event.isComposing) this.send(); } })]),
        h("button", { type: "button", class: "button", "data-needs-server": "", onClick: () => this.send() }, this.verb)])]);
  },
};
