// Sound and notifications, off until somebody turns them on, and the number in the title.
import { announce, say } from "./desk_request.js";

const KEY = "console-alarm";
const plain = document.title;
let sound = null;

const isOn = () => localStorage.getItem(KEY) === "on";

function show() {
  document.getElementById("alarm")?.setAttribute("aria-pressed", String(isOn()));
}

function ring() {
  sound ??= new AudioContext();
  const [tone, volume] = [sound.createOscillator(), sound.createGain()];
  const now = sound.currentTime;
  tone.frequency.setValueAtTime(660, now);
  tone.frequency.setValueAtTime(880, now + 0.12);
  volume.gain.setValueAtTime(0.12, now);
  volume.gain.exponentialRampToValueAtTime(0.001, now + 0.4);
  tone.connect(volume).connect(sound.destination);
  tone.start(now);
  tone.stop(now + 0.4);
}

async function turn() {
  localStorage.setItem(KEY, isOn() ? "off" : "on");
  show();
  if (!isOn()) return;
  ring();
  if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
}

function tell({ what, conversation }) {
  const text = say(what);
  announce(text);
  if (!isOn()) return;
  ring();
  if (!document.hidden || !("Notification" in window) || Notification.permission !== "granted") return;
  const card = new Notification(text, { tag: `${what}:${conversation}` });
  card.addEventListener("click", () => {
    window.focus();
    location.assign(`/console/conversations/${conversation}`);
  });
}

function showCount() {
  const count = document.querySelector('.rail-lists a[href="/console/waiting"] .count');
  const number = count ? parseInt(count.textContent, 10) : 0;
  document.title = number ? `(${number}) ${plain}` : plain;
}

/** Start listening to the bell of the stream. */
export function watchAlarm() {
  show();
  showCount();
  document.addEventListener("click", (event) => {
    if (event.target.closest("#alarm")) turn();
  });
  document.getElementById("bell").addEventListener("sse:bell", (event) => tell(JSON.parse(event.detail.data)));
  document.body.addEventListener("htmx:afterSettle", showCount);
  document.body.addEventListener("desk:listed", show);
}
