// Says without a sound that a person has written while the page was out of sight: in its title, and on the bubble.

const LIT = 4000; // ms after the page is seen again

export class Attention {
  /** `title` has places for the number and the page's own title. */
  constructor(title) {
    this.title = title;
    this.count = 0;
    this.nodes = [];
    document.addEventListener("visibilitychange", () => { if (!document.hidden) this.seen(); });
  }

  draw(node) {
    if (!document.hidden) return;
    if (!this.count) this.own = document.title;
    this.count += 1;
    this.shown = this.title.replace("{n}", this.count).replace("{title}", () => this.own);
    document.title = this.shown;
    if (!node) return;
    node.classList.add("lit");
    this.nodes.push(node);
  }

  seen() {
    if (this.count && document.title === this.shown) document.title = this.own; // unless the page has changed it since
    this.count = 0;
    const nodes = this.nodes.splice(0);
    setTimeout(() => nodes.forEach((node) => node.classList.remove("lit")), LIT);
  }
}
