// What the page says, in two languages. {names} are filled in.

const ENGLISH = {
  title: "Local speech service",
  text: "Text",
  textHint: "Plain text, or SSML that begins with <speak>. Ctrl+Enter speaks, Esc stops.",
  sample: "Good morning. What a fine day it is today, and how quickly the words are found!",
  count: "{count} of {limit} characters",
  speak: "Speak",
  stop: "Stop",
  download: "Download",
  delay: "First package delay",
  seconds: "Audio",
  factor: "Real-time factor",
  word: "Word",
  settings: "Settings",
  key: "API key",
  keyHint: "Kept in this page only, and forgotten when it is closed.",
  model: "Model",
  voice: "Voice",
  otherVoice: "Name of the voice",
  otherName: "Another name …",
  female: "Women",
  male: "Men",
  others: "Others",
  format: "File format",
  rate: "Speed",
  pitch: "Pitch",
  volume: "Volume",
  instruction: "Instruction",
  instructionHint: "such as: speak slowly",
  code: "The same in code",
  shell: "Shell",
  copy: "Copy",
  copied: "Copied",
  copyPython: "Copy the Python lines",
  copyShell: "Copy the shell lines",
  otherLanguage: "中文",
  ready: "Ready.",
  connecting: "Connecting …",
  speaking: "Speaking …",
  finished: "Finished.",
  stopped: "Stopped.",
  making: "Making the file …",
  saved: "The file {name} is there, {size} kB.",
  noText: "There is no text to speak.",
  noVoice: "Give the name of a voice.",
  gone: "The service cannot be reached: it has stopped, or the network is down.",
  cut: "The service stopped while it was speaking.",
  badKey: "The service does not accept this API key.",
  full: "The service is busy: it takes {limit} sessions at one time. Try again in a moment.",
  refusedConnection: "The service refused the connection.",
  voiceRefused: "The service does not have the voice {voice} for the model {model}.",
  refused: "The service refused: {message} ({code})",
  noSound: "This browser plays no sound: {message}",
  noCopy: "The browser does not allow copying; the lines are selected.",
};

const CHINESE = {
  title: "本地语音服务",
  text: "文本",
  textHint: "纯文本，或以 <speak> 开头的 SSML。按 Ctrl+Enter 朗读，按 Esc 停止。",
  sample: "早上好。今天天气真好，我们一起出去走走吧！",
  count: "{count} / {limit} 字符",
  speak: "朗读",
  stop: "停止",
  download: "下载",
  delay: "首包延迟",
  seconds: "音频时长",
  factor: "实时率",
  word: "当前词",
  settings: "设置",
  key: "API 密钥",
  keyHint: "只保存在本页面中，关闭即忘。",
  model: "模型",
  voice: "音色",
  otherVoice: "音色名称",
  otherName: "其他名称……",
  female: "女声",
  male: "男声",
  others: "其他",
  format: "文件格式",
  rate: "语速",
  pitch: "音高",
  volume: "音量",
  instruction: "指令",
  instructionHint: "例如：慢速朗读",
  code: "同样的请求，用代码",
  shell: "命令行",
  copy: "复制",
  copied: "已复制",
  copyPython: "复制 Python 代码",
  copyShell: "复制命令行",
  otherLanguage: "English",
  ready: "就绪。",
  connecting: "正在连接……",
  speaking: "正在朗读……",
  finished: "朗读完毕。",
  stopped: "已停止。",
  making: "正在生成文件……",
  saved: "文件 {name} 已生成，{size} kB。",
  noText: "没有可朗读的文本。",
  noVoice: "请填写音色名称。",
  gone: "无法连接服务：服务已停止，或网络中断。",
  cut: "服务在朗读过程中停止了。",
  badKey: "服务不接受此 API 密钥。",
  full: "服务繁忙：最多同时 {limit} 个会话，请稍后再试。",
  refusedConnection: "服务拒绝了连接。",
  voiceRefused: "模型 {model} 没有音色 {voice}。",
  refused: "服务拒绝了请求：{message}（{code}）",
  noSound: "此浏览器无法播放声音：{message}",
  noCopy: "浏览器不允许复制，代码已选中。",
};

let table = ENGLISH;

export const isChinese = () => table === CHINESE;

export function choose(language) {
  table = language.toLowerCase().startsWith("zh") ? CHINESE : ENGLISH;
}

export function say(name, values = {}) {
  return table[name].replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
}

// Puts the words of the chosen language into the page.
export function translate(root) {
  root.documentElement.lang = isChinese() ? "zh-CN" : "en";
  for (const element of root.querySelectorAll("[data-say]")) {
    element.textContent = say(element.dataset.say);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", say(element.dataset.label));
  }
}
