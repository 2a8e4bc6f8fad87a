// What the page asks the service over HTTP.

import { Lost, Refused, parametersOf } from "/page/task.js";

const SPEECH_PATH = "/api/v1/services/audio/tts/SpeechSynthesizer";

const withKey = (key, headers = {}) => (key ? { ...headers, Authorization: `Bearer ${key}` } : headers);

async function ask(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new Lost("gone");
  }
}

export async function describeService(key) {
  const answer = await ask("/page/service.json", { headers: withKey(key), cache: "no-store" });
  return answer.json();
}

// The file, as the HTTP interface makes it.
export async function makeFile(request, key) {
  const { text_type, ...parameters } = parametersOf(request, request.format);
  const body = JSON.stringify({ model: request.model, input: { text: request.text, ...parameters } });
  const headers = withKey(key, { "Content-Type": "application/json" });
  const answer = await ask(SPEECH_PATH, { method: "POST", headers, body });
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.code, told.message);
  // The address may be another one behind a proxy; the path is the same.
  const file = await ask(new URL(told.output.audio.url).pathname);
  if (!file.ok) throw new Refused(`HTTP ${file.status}`, file.statusText);
  return file.blob();
}

export function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
