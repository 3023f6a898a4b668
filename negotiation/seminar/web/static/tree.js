// Draws a tree of [tag, attributes, children] or texts: one element for the server, and texts stay texts.
import { h } from "vue";

export default {
  props: { tree: { type: String, default: "[]" }, tag: { type: String, default: "div" } },
  emits: ["act"],
  computed: {
    nodes() {
      return JSON.parse(this.tree);
    },
  },
  methods: {
    draw(node) {
      if (typeof node === "string") return node;
      const [tag, { act, ...attributes }, children] = node;
      if (act !== undefined) attributes.onClick = attributes.onAgain = () => this.$emit("act", act); // pressed, or sent again
      return h(tag, attributes, children.map((child) => this.draw(child)));
    },
  },
  render() {
    return h(this.tag, this.nodes.map((node) => this.draw(node)));
  },
};
