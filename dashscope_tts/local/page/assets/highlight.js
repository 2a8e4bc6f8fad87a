// Finds sentences and words in the text, and marks the one that is heard.

const WORDLESS_SECONDS = 0.5; // words come a little after the first audio of their sentence, or not at all

// The service counts characters, JavaScript counts UTF-16 units.
const units = (characters, end) => characters.slice(0, end).join("").length;

export class Highlight {
  constructor(textarea, backdrop) {
    this.textarea = textarea;
    this.backdrop = backdrop;
    textarea.addEventListener("scroll", () => this.follow());
    textarea.addEventListener("input", () => this.clear());
    this.begin("");
  }

  begin(text) {
    this.text = text;
    this.sentences = []; // {at, begin, end, words}: from which second of the audio, where in the text
    this.cursor = 0;
    this.shown = null;
    this.backdrop.replaceChildren();
  }

  // Nothing more is marked, until the next text is begun.
  clear() {
    this.begin("");
  }

  addSentence(sentence, at) {
    const found = sentence ? this.text.indexOf(sentence, this.cursor) : -1;
    const begin = found < 0 ? this.cursor : found;
    const end = found < 0 ? begin : begin + sentence.length;
    this.cursor = end;
    this.sentences.push({ at, begin, end, isFound: found >= 0, words: [] });
  }

  addWords(words, sentence) {
    const place = this.sentences[this.sentences.length - 1];
    if (!place) return;
    const characters = Array.from(sentence);
    place.words = words.map((word) => {
      const at = { from: word.begin_time / 1000, to: word.end_time / 1000, text: word.text };
      if (place.isFound) {
        at.begin = place.begin + units(characters, word.begin_index);
        at.end = place.begin + units(characters, word.end_index);
      } else {
        // With SSML the sentence is not written as it is spoken; its words are.
        const found = word.text ? this.text.indexOf(word.text, this.cursor) : -1;
        at.begin = found < 0 ? this.cursor : found;
        at.end = found < 0 ? at.begin : found + word.text.length;
        this.cursor = at.end;
      }
      return at;
    });
  }

  // The word heard at that second, or the sentence where words have no times.
  show(seconds) {
    const sentence = this.sentences.filter((one) => one.at <= seconds + 0.01).pop();
    const word = sentence?.words.filter((one) => one.from <= seconds).pop();
    const isWordless = sentence?.words.length === 0 && seconds - sentence.at > WORDLESS_SECONDS;
    const place = word ?? (isWordless ? sentence : null);
    if (place && place.end > place.begin && place !== this.shown) {
      this.shown = place;
      this.mark(place, Boolean(word));
    }
    return word?.text ?? "";
  }

  mark(place, isWord) {
    const mark = document.createElement("mark");
    if (!isWord) mark.className = "sentence";
    mark.textContent = this.text.slice(place.begin, place.end);
    this.backdrop.replaceChildren(this.text.slice(0, place.begin), mark, `${this.text.slice(place.end)}\n`);
    const top = mark.offsetTop;
    const area = this.textarea;
    if (isWord && (top < area.scrollTop || top + mark.offsetHeight > area.scrollTop + area.clientHeight)) {
      area.scrollTop = top - area.clientHeight / 3;
    }
    this.follow();
  }

  follow() {
    this.backdrop.scrollTop = this.textarea.scrollTop;
  }
}
