// Plays 16-bit mono PCM while it comes.

const AHEAD_SECONDS = 8; // scheduled in advance; a hidden tab gets its turn once a second
const FIRST_SECONDS = 0.04; // from the first chunk to its sound

export class Player {
  // onEnd is called when all has been heard, after end().
  constructor(sampleRate, onEnd) {
    // At the rate of the audio, so that the chunks join without a seam.
    this.context = new AudioContext({ sampleRate });
    this.context.resume();
    this.onEnd = onEnd;
    this.sampleRate = sampleRate;
    this.output = this.context.createGain();
    this.output.connect(this.context.destination);
    this.waiting = [];
    this.segments = []; // what is scheduled: when, and from which second of the audio
    this.half = new Uint8Array(0);
    this.seconds = 0; // received
    this.scheduled = 0;
    this.isWhole = this.isOver = false;
    this.timer = setInterval(() => this.pump(), 250);
  }

  add(buffer) {
    let bytes = new Uint8Array(buffer);
    if (this.half.length) {
      const joined = new Uint8Array(this.half.length + bytes.length);
      joined.set(this.half);
      joined.set(bytes, this.half.length);
      bytes = joined;
    }
    const whole = bytes.length - (bytes.length % 2);
    this.half = bytes.slice(whole);
    if (!whole || this.isOver) return;
    const copy = bytes.slice(0, whole);
    this.waiting.push(new DataView(copy.buffer));
    this.seconds += whole / 2 / this.sampleRate;
    this.pump();
  }

  end() {
    this.isWhole = true;
    this.pump();
  }

  stop() {
    if (this.isOver) return;
    this.isOver = true;
    clearInterval(this.timer);
    this.waiting = [];
    this.context.close();
  }

  // Seconds of the audio that have been heard.
  position() {
    const now = this.context.currentTime - (this.context.outputLatency || 0);
    let heard = 0;
    for (const segment of this.segments) {
      if (segment.at > now) break;
      heard = Math.min(segment.begin + now - segment.at, segment.end);
    }
    return heard;
  }

  pump() {
    if (this.isOver) return;
    const now = this.context.currentTime;
    while (this.waiting.length && this.nextAt(now) < now + AHEAD_SECONDS) {
      this.schedule(this.waiting.shift(), this.nextAt(now));
    }
    // Once the last sample has left for the loudspeaker.
    if (this.isWhole && !this.waiting.length && this.position() >= this.scheduled - 0.001) {
      this.stop();
      this.onEnd();
    }
  }

  nextAt(now) {
    const last = this.segments[this.segments.length - 1];
    return last && last.at + last.end - last.begin >= now ? last.at + last.end - last.begin : now + FIRST_SECONDS;
  }

  schedule(view, at) {
    const count = view.byteLength / 2;
    const buffer = this.context.createBuffer(1, count, this.sampleRate);
    const samples = buffer.getChannelData(0);
    for (let i = 0; i < count; i++) samples[i] = view.getInt16(2 * i, true) / 32768;
    const source = this.context.createBufferSource();
    source.buffer = buffer;
    source.connect(this.output);
    source.start(at);
    const begin = this.scheduled;
    this.scheduled += count / this.sampleRate;
    this.segments.push({ at, begin, end: this.scheduled });
  }
}
