// The time between a question and its answer: dots, then a word, then a way out.

const DOTS = 300; // ms
const SLOW = 3000;
const LOOK = 6000; // a proxy may hold the stream back: look into the history
const SILENT = 60000;

/** `view`: show(kind) with "typing", "slow", "silent", "person" or ""; look() reads the history. */
export class Waiter {
  constructor(view) {
    this.view = view;
    this.timers = [];
    this.active = false;
  }

  /** An answer is expected; does nothing while one already is. */
  begin() {
    if (this.active) return;
    this.stop();
    this.active = true;
    const after = (ms, act) => this.timers.push(setTimeout(act, ms));
    after(DOTS, () => this.view.show("typing"));
    after(SLOW, () => this.view.show("slow"));
    for (let at = LOOK; at < SILENT; at += LOOK) after(at, () => this.view.look());
    after(SILENT, () => { this.stop(); this.view.show("silent"); });
  }

  /** A person types, or no longer; nothing is said about how long it takes. */
  person(on) {
    this.stop();
    if (!on) return;
    this.view.show("person");
    this.timers.push(setTimeout(() => this.stop(), SILENT)); // the word that it ended may be lost
  }

  stop() {
    this.timers.forEach(clearTimeout);
    this.timers = [];
    this.active = false;
    this.view.show("");
  }
}
