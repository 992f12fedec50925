// What may be tapped next: the most asked at first, the buttons of the last reply later, an opinion after a person.
import { isAboutPeople, isRating } from "./people.js";

/** Returns {label, entries, kind} for the log; `act`: say(text), press(seq, index, title). */
export function nextSteps(session, texts, own, act) {
  const { last, pending } = session;
  if (pending.length) return { label: texts.nextLabel, entries: [] };
  if (!last) return { label: texts.chipsLabel, entries: firstSteps(texts, own, act) };
  const buttons = (last.author === "assistant" && last.reply && last.reply.buttons) || [];
  const entries = buttons.map((button, index) => ({ button, title: button.title, act: () => act.press(last.seq, index, button.title) }));
  if (buttons.length && buttons.every(isRating)) {
    return { label: texts.people.rating, entries: session.state === "rating" ? entries : [], kind: "rating" };
  }
  return { label: texts.nextLabel, entries: entries.filter((entry) => !(session.staffAsked && isAboutPeople(entry.button))) };
}

/** The most asked questions, of the page (`own`, JSON) or ours, and the way to a dossier apart. */
function firstSteps(texts, own, act) {
  let chips = texts.chips;
  try {
    chips = JSON.parse(own) || chips;
  } catch (error) {
    console.error("tthc-chat: data-chips is not JSON", error);
  }
  const step = (chip) => () => act.say(chip.text || chip.title);
  const apart = texts.lookup;
  return chips.map((chip) => ({ title: chip.title, act: step(chip) })).concat({ title: apart.title, icon: "file-search", act: step(apart) });
}
