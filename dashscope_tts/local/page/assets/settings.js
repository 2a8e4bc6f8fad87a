// The settings beside the text: what is asked for.

import { say } from "/page/words.js";

const OTHER = "\u0000";
const element = (id) => document.getElementById(id);

// Counted as the service does: an ideograph is two, the tags of SSML are nothing.
const IDEOGRAPH = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{3ffff}]/gu;

export function countCharacters(text) {
  const counted = /^\s*<speak/.test(text) ? text.replace(/<[^<>]*>/g, "") : text;
  return Array.from(counted).length + (counted.match(IDEOGRAPH) ?? []).length;
}

export class Settings {
  constructor(service, onChange) {
    this.service = service;
    this.onChange = onChange;
    const models = service.voices.filter((voice) => voice.family.includes("-v") && !/^cosyvoice-v\d$/.test(voice.family));
    const names = [...new Set([...service.models, ...models.map((voice) => voice.family)])];
    element("model").replaceChildren(...names.map((name) => new Option(name, name)));
    element("key-field").hidden = !service.needs_key;
    element("model").addEventListener("change", () => this.listVoices());
    element("voice").addEventListener("change", () => this.showOther());
    element("settings").addEventListener("input", () => this.showNumbers());
    element("settings").addEventListener("submit", (event) => event.preventDefault());
    this.listVoices();
    this.showNumbers();
  }

  get key() {
    return this.service.needs_key ? element("key").value.trim() : "local";
  }

  request() {
    const chosen = element("voice").value;
    return {
      text: element("text").value,
      model: element("model").value,
      voice: chosen === OTHER ? element("other-voice").value.trim() : chosen,
      format: element("format").value,
      rate: Number(element("rate").value),
      pitch: Number(element("pitch").value),
      volume: Number(element("volume").value),
      instruction: element("instruction").value.trim(),
    };
  }

  // The voices of the chosen model, and a place for a name that is not in the list.
  listVoices() {
    const select = element("voice");
    const before = select.value;
    const model = element("model").value;
    const generation = /^cosyvoice-v\d/.exec(model)?.[0];
    const fitting = this.service.voices.filter(({ family }) => !family || family === model || family === generation);
    const groups = ["female", "male", ""].map((sex) => {
      const group = document.createElement("optgroup");
      group.label = say(sex || "others");
      group.append(...fitting.filter((voice) => voice.sex === sex).map(option));
      return group;
    });
    select.replaceChildren(...groups.filter((group) => group.children.length), new Option(say("otherName"), OTHER));
    const first = fitting[0]?.name ?? OTHER;
    select.value = fitting.some((voice) => voice.name === before) || before === OTHER ? before : first;
    element("instruction").placeholder = say("instructionHint");
    this.showOther();
  }

  showOther() {
    element("other-voice").hidden = element("voice").value !== OTHER;
    this.onChange();
  }

  showNumbers() {
    element("rate-shown").textContent = `${Number(element("rate").value).toFixed(2)} ×`;
    element("pitch-shown").textContent = `${Number(element("pitch").value).toFixed(2)} ×`;
    element("volume-shown").textContent = element("volume").value;
    this.onChange();
  }
}

function option(voice) {
  return new Option(voice.description ? `${voice.name} – ${voice.description}` : voice.name, voice.name);
}
