// One task over the WebSocket of the service: text out, audio and words in.

const PATH = "/api-ws/v1/inference";
export const SAMPLE_RATE = 24000;

export class Refused extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

export class Lost extends Error {}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

// The parameters of a request, for the WebSocket and for HTTP.
export function parametersOf(request, format) {
  const parameters = {
    text_type: "PlainText",
    voice: request.voice,
    format,
    sample_rate: SAMPLE_RATE,
    volume: request.volume,
    rate: request.rate,
    pitch: request.pitch,
  };
  if (request.instruction) parameters.instruction = request.instruction;
  if (/^\s*<speak/.test(request.text)) parameters.enable_ssml = true;
  return parameters;
}

export class Task {
  // The listener has: onStarted(), onSentence(text), onWords(words, sentence), onAudio(buffer).
  constructor(request, key, listener) {
    this.id = newId();
    this.request = request;
    this.listener = listener;
    this.sentence = "";
    this.isStarted = this.isCancelled = false;
    this.textSentAt = this.firstAudioAt = this.finishedAt = 0;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    this.socket = new WebSocket(`${scheme}//${location.host}${PATH}?api_key=${encodeURIComponent(key)}`);
    this.socket.binaryType = "arraybuffer";
    this.isOpen = false;
    // Resolves at the end of the task, rejects with Refused or Lost.
    this.done = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    this.socket.onopen = () => this.run();
    this.socket.onmessage = (message) => this.take(message.data);
    this.socket.onclose = () => this.reject(new Lost(this.isOpen ? "cut" : "refused"));
  }

  cancel() {
    this.isCancelled = true;
    if (this.isStarted) this.send("finish-task", { input: { directive: "cancel" } });
    else this.socket.close();
    this.resolve();
  }

  send(action, payload) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(JSON.stringify({ header: { action, task_id: this.id, streaming: "duplex" }, payload }));
  }

  run() {
    this.isOpen = true;
    const parameters = { ...parametersOf(this.request, "pcm"), word_timestamp_enabled: true };
    const what = { task_group: "audio", task: "tts", function: "SpeechSynthesizer" };
    this.send("run-task", { model: this.request.model, ...what, input: {}, parameters });
  }

  take(data) {
    if (typeof data === "string") {
      this.takeEvent(JSON.parse(data));
      return;
    }
    if (this.isCancelled) return;
    this.firstAudioAt ||= performance.now();
    this.listener.onAudio(data);
  }

  takeEvent({ header, payload }) {
    if (header.event === "task-started") {
      this.isStarted = true;
      this.textSentAt = performance.now();
      this.send("continue-task", { input: { text: this.request.text } });
      this.send("finish-task", { input: {} });
      this.listener.onStarted();
    } else if (header.event === "result-generated") {
      if (!this.isCancelled) this.takeResult(payload.output ?? {});
    } else if (header.event === "task-finished") {
      this.finishedAt = performance.now();
      this.resolve();
      this.socket.close();
    } else if (header.event === "task-failed") {
      this.reject(new Refused(header.error_code, header.error_message));
    }
  }

  takeResult(output) {
    if (output.type === "sentence-begin") {
      this.sentence = output.original_text ?? "";
      this.listener.onSentence(this.sentence);
    }
    const words = output.sentence?.words;
    if (words?.length) this.listener.onWords(words, this.sentence);
  }
}
