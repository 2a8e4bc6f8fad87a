// The page: puts its parts together.

import { Highlight } from "/page/highlight.js";
import { Player } from "/page/player.js";
import { describeService, makeFile, save } from "/page/service.js";
import { Settings, countCharacters } from "/page/settings.js";
import { copy, fileName, pythonLines, shellLines } from "/page/snippets.js";
import { Lost, Refused, SAMPLE_RATE, Task } from "/page/task.js";
import { choose, isChinese, say, translate } from "/page/words.js";

const element = (id) => document.getElementById(id);
const highlight = new Highlight(element("text"), element("backdrop"));
let settings = null;
let speech = null; // {task, player, request} while something is spoken or heard
let told = { status: ["ready"], error: null };

// -- what is told

function tell(status, values) {
  told.status = [status, values];
  element("status").textContent = say(status, values);
}

function tellError(name, values) {
  told.error = name && [name, values];
  element("error").hidden = !name;
  element("error").textContent = name ? say(name, values) : "";
}

// What to say of a failure; asks the service where the browser does not tell why.
async function explain(error, request, key) {
  if (error instanceof Refused) {
    if (/\b418\b/.test(error.message)) return ["voiceRefused", request];
    if (error.code === "InvalidApiKey") return ["badKey"];
    if (error.code === "Throttling") return ["full", { limit: settings.service.max_sessions }];
    return ["refused", { code: error.code, message: error.message }];
  }
  if (!(error instanceof Lost)) return ["noSound", { message: String(error.message ?? error) }];
  if (error.message === "cut") return ["cut"];
  try {
    const service = await describeService(key);
    if (service.needs_key && !service.is_let_in) return ["badKey"];
    return service.is_full ? ["full", { limit: service.max_sessions }] : ["refusedConnection"];
  } catch {
    return ["gone"];
  }
}

function showRequest() {
  if (!settings) return;
  const request = settings.request();
  const count = countCharacters(request.text);
  element("count").textContent = say("count", { count, limit: settings.service.max_characters });
  element("python").textContent = pythonLines(request, settings.service.needs_key);
  element("shell").textContent = shellLines(request, settings.service.needs_key);
}

function showLanguage() {
  translate(document);
  element("language").textContent = say("otherLanguage");
  element("language").lang = isChinese() ? "en" : "zh-CN";
  tell(...told.status);
  tellError(...(told.error ?? [null]));
  settings?.listVoices();
}

// -- speaking

function checked() {
  tellError(null);
  const request = settings.request();
  if (!request.text.trim()) tellError("noText");
  else if (!request.voice) tellError("noVoice");
  else return request;
  return null;
}

function speak() {
  const request = checked();
  if (!request) return;
  end();
  for (const id of ["delay", "seconds", "factor", "word"]) element(id).textContent = "–";
  element("heard").style.width = "0";
  highlight.begin(request.text);
  const key = settings.key;
  const mine = { request, task: null, player: null, isFailed: false };
  speech = mine;
  try {
    mine.player = new Player(SAMPLE_RATE, () => finish(mine));
    mine.task = new Task(request, key, listener(mine));
  } catch (error) {
    fail(mine, error, key);
    return;
  }
  element("stop").disabled = false;
  tell("connecting");
  mine.task.done.then(() => receivedAll(mine), (error) => fail(mine, error, key));
  requestAnimationFrame(() => draw(mine));
}

function listener(mine) {
  return {
    onStarted: () => mine === speech && tell("speaking"),
    onSentence: (text) => highlight.addSentence(text, mine.player.seconds),
    onWords: (words, sentence) => highlight.addWords(words, sentence),
    onAudio(buffer) {
      if (!mine.player.seconds) {
        element("delay").textContent = `${(mine.task.firstAudioAt - mine.task.textSentAt).toFixed(0)} ms`;
      }
      mine.player.add(buffer);
    },
  };
}

function receivedAll(mine) {
  if (mine !== speech || mine.task.isCancelled) return;
  const taken = (mine.task.finishedAt - mine.task.textSentAt) / 1000;
  if (mine.player.seconds) element("factor").textContent = (taken / mine.player.seconds).toFixed(3);
  mine.player.end();
}

async function fail(mine, error, key) {
  if (mine !== speech) return;
  mine.isFailed = true;
  tellError(...(await explain(error, mine.request, key)));
  if (mine !== speech) return;
  if (mine.player?.seconds) mine.player.end(); // what has come is heard to its end
  else finish(mine);
}

function finish(mine) {
  if (mine !== speech) return;
  end();
  tell(mine.isFailed ? "ready" : "finished");
}

function end() {
  if (!speech) return;
  const { task, player } = speech;
  speech = null;
  if (task && !task.finishedAt) task.cancel();
  player?.stop();
  highlight.clear();
  if (document.activeElement === element("stop")) element("speak").focus();
  element("stop").disabled = true;
}

function stop() {
  if (!speech) return;
  end();
  tell("stopped");
}

function draw(mine) {
  if (mine !== speech) return;
  const { player } = mine;
  const heard = player.position();
  if (player.seconds) {
    element("seconds").textContent = `${heard.toFixed(1)} / ${player.seconds.toFixed(1)} s`;
    element("heard").style.width = `${(100 * heard) / player.seconds}%`;
    const word = highlight.show(heard);
    if (word) element("word").textContent = word;
  }
  requestAnimationFrame(() => draw(mine));
}

// -- the rest

async function download() {
  const request = checked();
  if (!request) return;
  const button = element("download");
  const key = settings.key;
  button.setAttribute("aria-busy", "true");
  tell("making");
  try {
    const blob = await makeFile(request, key);
    const name = fileName(request);
    save(blob, name);
    tell("saved", { name, size: (blob.size / 1000).toFixed(1) });
  } catch (error) {
    tellError(...(await explain(error, request, key)));
    tell("ready");
  } finally {
    button.removeAttribute("aria-busy");
  }
}

async function copyLines(button, code) {
  const isCopied = await copy(code);
  tell(isCopied ? "copied" : "noCopy");
  button.textContent = say(isCopied ? "copied" : "copy");
  setTimeout(() => (button.textContent = say("copy")), 2000);
}

function connectControls() {
  const text = element("text");
  element("speak").addEventListener("click", speak);
  element("stop").addEventListener("click", stop);
  element("download").addEventListener("click", download);
  element("copy-python").addEventListener("click", (event) => copyLines(event.currentTarget, element("python")));
  element("copy-shell").addEventListener("click", (event) => copyLines(event.currentTarget, element("shell")));
  text.addEventListener("input", showRequest);
  element("language").addEventListener("click", () => {
    const isSample = text.value === say("sample");
    choose(isChinese() ? "en" : "zh");
    if (isSample) text.value = say("sample");
    showLanguage();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") stop();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) speak();
  });
}

async function begin() {
  choose(navigator.language);
  showLanguage();
  element("text").value = say("sample");
  try {
    const service = await describeService("");
    element("version").textContent = service.version;
    settings = new Settings(service, showRequest);
    connectControls();
    showRequest();
  } catch {
    tellError("gone");
  }
}

begin();
