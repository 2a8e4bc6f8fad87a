// The Python and shell lines that ask for the same file.

import { SAMPLE_RATE } from "/page/task.js";

const MEMBERS = {
  mp3: "MP3_24000HZ_MONO_256KBPS",
  wav: "WAV_24000HZ_MONO_16BIT",
  opus: "OGG_OPUS_24KHZ_MONO_32KBPS",
  pcm: "PCM_24000HZ_MONO_16BIT",
};

const socketUrl = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api-ws/v1/inference`;

// JSON's strings are Python's too.
const quoted = (text) => JSON.stringify(text);
const shellQuoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const decimal = (number) => (Number.isInteger(number) ? `${number}.0` : String(number));

export const fileName = (request) => `speech.${request.format}`;

export function pythonLines(request, needsKey) {
  const lines = [
    "import dashscope_tts",
    "from dashscope_tts.audio.tts_v2 import AudioFormat, SpeechSynthesizer",
    "",
    `dashscope_tts.base_websocket_api_url = ${quoted(socketUrl())}`,
    needsKey ? "# the key is taken from DASHSCOPE_API_KEY" : 'dashscope_tts.api_key = "local"  # any will do',
    "",
    "with SpeechSynthesizer(",
    `    model=${quoted(request.model)},`,
    `    voice=${quoted(request.voice)},`,
    `    format=AudioFormat.${MEMBERS[request.format]},`,
  ];
  if (request.volume !== 50) lines.push(`    volume=${request.volume},`);
  if (request.rate !== 1) lines.push(`    speech_rate=${decimal(request.rate)},`);
  if (request.pitch !== 1) lines.push(`    pitch_rate=${decimal(request.pitch)},`);
  if (request.instruction) lines.push(`    instruction=${quoted(request.instruction)},`);
  lines.push(
    ") as synthesizer:",
    `    audio = synthesizer.call(${quoted(request.text)})`,
    "",
    `with open(${quoted(fileName(request))}, "wb") as file:`,
    "    file.write(audio)",
  );
  return `${lines.join("\n")}\n`;
}

export function shellLines(request, needsKey) {
  const parts = [
    needsKey ? "dashscope-tts say" : "DASHSCOPE_API_KEY=local dashscope-tts say",
    `--url ${socketUrl()}`,
    `--model ${shellQuoted(request.model)} --voice ${shellQuoted(request.voice)}`,
    `-o ${fileName(request)} --sample-rate ${SAMPLE_RATE}`,
  ];
  if (request.volume !== 50) parts.push(`--volume ${request.volume}`);
  if (request.rate !== 1) parts.push(`--rate ${request.rate}`);
  if (request.pitch !== 1) parts.push(`--pitch ${request.pitch}`);
  if (request.instruction) parts.push(`--instruction=${shellQuoted(request.instruction)}`);
  parts.push(`-- ${shellQuoted(request.text)}`);
  const key = needsKey ? "# the key is taken from DASHSCOPE_API_KEY\n" : "";
  return `${key}${parts.join(" \\\n    ")}\n`;
}

export async function copy(code) {
  try {
    await navigator.clipboard.writeText(code.textContent);
    return true;
  } catch {
    // Only secure pages may; by http from another machine the old way is left.
    getSelection().selectAllChildren(code);
    return document.execCommand("copy");
  }
}
