// What stands in the bar under the title while people are asked for: how long, who, and a way back.
import { fill, h, icon } from "./dom.js";

const CANCEL = "handoff_cancel";
const SHOWN = { queued: "clock", callback: "clock", calling: "clock", staff: "headset" };

/** Whether a button gives up the wish for a person; the bar has it already. */
export function isAboutPeople(button) {
  return button.intent === CANCEL;
}

/** Whether a button is an opinion on what a person answered. */
export function isRating(button) {
  return String(button.intent || "").startsWith("handoff_rate_");
}

/** Returns the newest offered way back as {seq, index, title}, null when none was offered. */
export function findCancel(messages) {
  for (let at = messages.length - 1; at >= 0; at -= 1) {
    const buttons = (messages[at].reply && messages[at].reply.buttons) || [];
    const index = buttons.findIndex(isAboutPeople);
    if (index >= 0) return { seq: messages[at].seq, index, title: buttons[index].title };
  }
  return null;
}

/** Returns nodes of phrases with dots between; a line breaks at the dots if it must. */
function parted(phrases) {
  if (phrases.length === 1) return phrases;
  return phrases.reduce((nodes, phrase, at) => nodes.concat(at ? " · " : "", h("span", { class: "phrase" }, phrase)), []).filter(Boolean);
}

export class People {
  /** `press(button)` taps what `findCancel` returned. */
  constructor(words, press) {
    this.words = words;
    this.said = h("span", { role: "status" });
    this.button = h("button", { type: "button", class: "link", hidden: true, onclick: () => press(this.cancel) });
    this.node = h("div", { class: "people", hidden: true }, this.said, this.button);
  }

  get shown() {
    return !this.node.hidden;
  }

  /** Draws the bar; nothing is written anew that has not changed, since it would be read aloud again. */
  show(standing, cancel) {
    const state = (standing && standing.state) || "";
    this.node.hidden = !SHOWN[state];
    this.node.dataset.state = state;
    const phrases = SHOWN[state] ? this.phrases(standing) : [];
    if (phrases.join() !== this.heard) {
      this.heard = phrases.join();
      this.said.textContent = "";
      if (phrases.length) this.said.append(icon(SHOWN[state]), h("span", {}, ...parted(phrases)));
    }
    this.cancel = state === "staff" ? null : cancel;
    this.button.hidden = !this.cancel;
    this.button.textContent = this.cancel ? this.cancel.title : "";
  }

  phrases(standing) {
    const words = this.words;
    if (standing.state === "queued") return [words.queued, this.place(standing.position), this.wait(standing.wait_minutes)].filter(Boolean);
    if (standing.state === "staff") return [this.answering(standing)];
    if (standing.state === "calling") return [words.calling];
    return [standing.when ? fill(words.callback, { when: standing.when }) : words.kept];
  }

  place(position) {
    if (!position) return "";
    return position === 1 ? this.words.first : fill(this.words.position, { n: position });
  }

  wait(minutes) {
    return minutes === null || minutes === undefined ? "" : fill(this.words.wait, { n: minutes });
  }

  /** Says who answers: "Chị Hà (Phường Phan Thiết) đang trả lời". */
  answering(standing) {
    const unit = standing.unit ? " (" + standing.unit + ")" : "";
    return fill(this.words.answering, { who: (standing.who || this.words.somebody) + unit });
  }

  typing(standing) {
    return fill(this.words.typing, { who: (standing && standing.who) || this.words.somebody });
  }
}
