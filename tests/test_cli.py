"""``dashscope-tts`` as it is at a shell: the real command in processes of its own, against a service that runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import wave
from pathlib import Path

import pytest

import dashscope_tts
from dashscope_tts.cli.measure import AudioLength
from dashscope_tts.local import serve

from .local.client import decode, pcm, rms

ROOT = Path(__file__).parent.parent
SCRIPT = shutil.which("dashscope-tts", path=str(Path(sys.executable).parent))
COMMAND = [SCRIPT] if SCRIPT else [sys.executable, "-m", "dashscope_tts"]
KEY = "sk-of-the-command-line-tests"
CLOSING_LINE = re.compile(
    r"dashscope-tts: (?:(?P<path>.+): )?(?P<seconds>\d+\.\d\d) s of audio, first package after \d+ ms, "
    r"real-time factor \d+\.\d{3}, request [0-9a-f]{32}\n"
)
posix = pytest.mark.skipif(os.name != "posix", reason="signals and file modes of POSIX")


@pytest.fixture(scope="module")
def service():
    with serve(configure=False, api_key=KEY, strict=True) as running:
        yield running


@pytest.fixture
def environment(tmp_path, service):
    """Of a user with a key, whose service is the local one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DASHSCOPE_")}
    environment.update(
        HOME=str(tmp_path / "home"), PYTHONPATH=str(ROOT), PYTHONIOENCODING="utf-8", COLUMNS="120",
        DASHSCOPE_API_KEY=KEY, DASHSCOPE_WEBSOCKET_BASE_URL=service.url,
    )  # fmt: skip
    return environment


@pytest.fixture
def run(tmp_path, environment):
    """Runs the command in an empty folder; standard error is checked for keys and tracebacks each time."""
    folder = tmp_path / "folder"
    folder.mkdir()

    def run_one(*arguments, text=None, without=(), **more):
        kept = {name: value for name, value in {**environment, **more}.items() if name not in without}
        result = subprocess.run(
            [*COMMAND, *arguments],
            cwd=folder, env=kept, input=b"" if text is None else text, capture_output=True, timeout=60,
        )  # fmt: skip
        result.stderr = result.stderr.decode("utf-8").replace("\r\n", "\n")
        assert KEY not in result.stderr
        assert "Traceback" not in result.stderr
        return result

    run_one.folder = folder
    return run_one


def assert_error(result, text: str) -> None:
    """One line on standard error, which has ``text`` in it, and nothing else anywhere."""
    assert (result.returncode, result.stdout) == (1, b"")
    assert result.stderr.startswith("dashscope-tts: ")
    assert result.stderr.count("\n") == 1
    assert text in result.stderr


def samples_of(path: Path):
    samples, rate = decode(path.read_bytes())
    assert rms(samples) > 0.01
    return samples, rate


# -- say: where the audio goes


@pytest.mark.parametrize("name", ["speech.mp3", "speech.wav", "speech.opus", "speech.ogg", "SPEECH.MP3"])
def test_the_suffix_gives_the_format_and_the_closing_line_the_length(run, name):
    result = run("say", "Hello, how are you?", "-o", name)
    line = CLOSING_LINE.fullmatch(result.stderr)
    assert (result.returncode, result.stdout, line["path"]) == (0, b"", name)
    assert os.listdir(run.folder) == [name]
    samples, rate = samples_of(run.folder / name)
    assert float(line["seconds"]) == pytest.approx(len(samples) / rate, abs=0.12)  # what an encoder adds
    assert len(samples) / rate > 0.5


def test_pcm_is_bare_samples_at_the_sample_rate_asked_for(run):
    result = run("say", "Hello.", "-o", "speech.pcm", "--sample-rate", "8000")
    samples = pcm((run.folder / "speech.pcm").read_bytes())
    assert rms(samples) > 0.01
    assert float(CLOSING_LINE.fullmatch(result.stderr)["seconds"]) == pytest.approx(len(samples) / 8000, abs=0.01)


def test_a_wav_file_tells_its_true_length(run):
    run("say", "Hello.", "-o", "speech.wav", "--sample-rate", "16000")
    path = run.folder / "speech.wav"
    assert int.from_bytes(path.read_bytes()[4:8], "little") == path.stat().st_size - 8
    with wave.open(str(path)) as reader:
        assert reader.getframerate() == 16000
        assert reader.getnframes() * 2 == path.stat().st_size - 44


def test_audio_goes_through_a_pipe_as_mp3(run):
    for arguments in ((), ("-o", "-")):
        result = run("say", "Hello there.", *arguments)
        samples, rate = decode(result.stdout)
        assert (rate, len(samples) / rate > 0.5) == (22050, True)
        assert CLOSING_LINE.fullmatch(result.stderr)["path"] is None


def test_text_comes_through_a_pipe_and_the_format_by_name(run):
    result = run("say", "-", "--format", "wav", text="你好，世界。\n".encode())
    assert result.stdout.startswith(b"RIFF")
    assert rms(pcm(result.stdout[44:])) > 0.01


def test_a_reader_that_has_had_enough_ends_it_quietly(run, environment):
    writer = subprocess.Popen(
        [*COMMAND, "say", "Hello. " * 400, "--format", "wav"],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    with writer:
        assert writer.stdout.read(4) == b"RIFF"
        writer.stdout.close()
        assert (writer.wait(20), writer.stderr.read()) == (141, b"")


@posix
def test_a_terminal_gets_no_audio(environment):
    import pty

    ours, theirs = pty.openpty()
    try:
        result = subprocess.run(
            [*COMMAND, "say", "Hello."], env=environment, stdout=theirs, stderr=subprocess.PIPE, timeout=60
        )
    finally:
        os.close(ours)
        os.close(theirs)
    assert result.returncode == 1
    assert b"not for a terminal" in result.stderr


@posix
def test_a_file_that_is_written_anew_keeps_its_mode_and_a_link_stays_a_link(run):
    (run.folder / "real.mp3").write_bytes(b"old")
    (run.folder / "real.mp3").chmod(0o640)
    (run.folder / "link.mp3").symlink_to("real.mp3")
    assert run("say", "Hello.", "-o", "link.mp3").returncode == 0
    assert (run.folder / "link.mp3").is_symlink()
    assert stat.S_IMODE((run.folder / "real.mp3").stat().st_mode) == 0o640
    samples_of(run.folder / "real.mp3")


@posix
def test_a_device_is_written_to_and_not_replaced(run):
    assert run("say", "Hello.", "-o", "/dev/null", "--format", "mp3").returncode == 0
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_an_error_leaves_an_older_file_as_it_was(run):
    (run.folder / "speech.mp3").write_bytes(b"old")
    assert_error(run("say", "Hello.", "-o", "speech.mp3", "--voice", "nobody"), "418")
    assert os.listdir(run.folder) == ["speech.mp3"]
    assert (run.folder / "speech.mp3").read_bytes() == b"old"


# -- say: --play


def install_player(folder: Path, name: str, script: str) -> str:
    """A player of our own, alone on the search path."""
    folder.mkdir()
    (folder / name).write_text(f"#!{shutil.which('sh')}\n{script}\n")
    (folder / name).chmod(0o755)
    return f"{folder}{os.pathsep}{Path(shutil.which('cat')).parent}"


@posix
@pytest.mark.skipif(any(map(shutil.which, ("ffplay", "mpv", "play"))), reason="a real player would come first")
def test_play_sends_to_the_player_what_it_takes(run, tmp_path):
    path = install_player(tmp_path / "bin", "play", f'echo "$@" > {tmp_path}/arguments; cat > {tmp_path}/heard')
    result = run("say", "Hello there.", "--play", PATH=path)
    assert (result.returncode, result.stdout) == (0, b"")
    assert CLOSING_LINE.fullmatch(result.stderr)
    assert "-r 22050 -e signed-integer -b 16 -c 1" in (tmp_path / "arguments").read_text()
    assert rms(pcm((tmp_path / "heard").read_bytes())) > 0.01


@posix
@pytest.mark.skipif(any(map(shutil.which, ("ffplay", "mpv"))), reason="a real player would come first")
def test_play_beside_a_file_plays_what_the_file_holds(run, tmp_path):
    path = install_player(tmp_path / "bin", "mpv", f"cat > {tmp_path}/heard")
    assert run("say", "Hello there.", "--play", "-o", "speech.opus", PATH=path).returncode == 0
    assert (tmp_path / "heard").read_bytes() == (run.folder / "speech.opus").read_bytes()


@posix
def test_a_player_that_fails_is_told_of_in_its_own_words(run, tmp_path):
    path = install_player(tmp_path / "bin", "ffplay", "echo no sound card >&2; exit 3")
    assert_error(run("say", "Hello there. " * 300, "--play", PATH=path), "ffplay failed: no sound card")


def test_play_without_a_player_names_those_that_would_do(run, tmp_path):
    assert_error(run("say", "Hello.", "--play", PATH=str(tmp_path)), "ffplay, mpv, play, aplay")


# -- say: how


def seconds_of(result) -> float:
    return float(CLOSING_LINE.fullmatch(result.stderr)["seconds"])


def test_options_reach_the_service(run):
    text = "The tide comes in, and the tide goes out."
    normal = run("say", text, "--format", "pcm")
    slow = run("say", text, "--format", "pcm", "--rate", "0.5")
    quiet = run("say", text, "--format", "pcm", "--volume", "10", "--pitch", "1.5", "--seed", "7", "--timeout", "50")
    assert seconds_of(slow) > 1.5 * seconds_of(normal)
    assert rms(pcm(quiet.stdout)) < 0.5 * rms(pcm(normal.stdout))
    other = run("say", text, "--format", "pcm", "--voice", "longxiaochun_v2", "--model", "cosyvoice-v2")
    assert other.stdout != normal.stdout
    instructed = run("say", text, "--format", "pcm", "--instruction", "Speak very slowly.", "--language", "en")
    assert seconds_of(instructed) > 1.1 * seconds_of(normal)
    assert run("say", text, "--workspace", "ws-1").returncode == 0


def test_ssml_is_interpreted_and_plain_text_with_angle_brackets_is_not(run):
    plain = run("say", "One. Two.", "--format", "pcm")
    paused = run("say", '<speak>One.<break time="2s"/>Two.</speak>', "--format", "pcm")
    assert seconds_of(paused) > seconds_of(plain) + 1.5
    assert run("say", "a < b & c", "--format", "pcm").returncode == 0


def test_a_text_longer_than_one_message_is_sent_in_fragments(run):
    # The service refuses a single message of more than 20,000 counted characters.
    result = run("say", "-", "--format", "pcm", "--rate", "2", text=("。" * 20_500 + "好").encode())
    assert 0 < seconds_of(result) < 60


# -- say: by whom


def test_without_a_key_the_local_service_speaks_and_it_is_said(run):
    result = run("say", "Hello.", "-o", "a.mp3", without=("DASHSCOPE_API_KEY", "DASHSCOPE_WEBSOCKET_BASE_URL"))
    first, _, rest = result.stderr.partition("\n")
    assert first == "dashscope-tts: no API key found, so the local service speaks (espeak-ng)."
    assert CLOSING_LINE.fullmatch(rest)
    samples_of(run.folder / "a.mp3")


def test_local_asks_for_no_key_and_goes_through_no_proxy(run):
    result = run("say", "Hello.", "--local", "-o", "a.mp3", without=("DASHSCOPE_API_KEY",),
                 http_proxy="http://127.0.0.1:1", no_proxy="example.com")  # fmt: skip
    assert CLOSING_LINE.fullmatch(result.stderr)


@pytest.mark.parametrize(
    ("more", "text"),
    [((), 'pip install "dashscope_tts[local]"'), (("--local",), "--local needs more packages")],
    ids=["fallback", "asked for"],
)
def test_without_key_and_extra_it_says_what_to_do(run, tmp_path, more, text):
    (tmp_path / "uvicorn.py").write_text("raise ImportError")
    result = run("say", "Hello.", "-o", "a.mp3", *more, PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
                 without=("DASHSCOPE_API_KEY", "DASHSCOPE_WEBSOCKET_BASE_URL"))  # fmt: skip
    assert_error(result, text)


def test_a_service_that_was_named_is_not_replaced_by_another(run, service):
    for arguments, without in (((), ()), (("--url", service.url), ("DASHSCOPE_WEBSOCKET_BASE_URL",))):
        result = run("say", "Hello.", "-o", "a.mp3", *arguments, without=("DASHSCOPE_API_KEY", *without))
        assert_error(result, "no API key: set DASHSCOPE_API_KEY")


def test_a_key_may_come_from_the_option_or_a_file(run, tmp_path):
    (tmp_path / "home" / ".dashscope").mkdir(parents=True)
    (tmp_path / "home" / ".dashscope" / "api_key").write_text(KEY)
    assert run("say", "Hello.", without=("DASHSCOPE_API_KEY",)).returncode == 0
    assert run("say", "Hello.", "--api-key", KEY, DASHSCOPE_API_KEY="wrong").returncode == 0


# -- say: what goes wrong


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["", "-o", "a.mp3"], "there is no text to say"),
        ([" \n", "-o", "a.mp3"], "there is no text to say"),
        (["-", "-o", "a.mp3"], "there is no text to say"),
        (["。。。", "-o", "a.mp3"], "no audio for this text"),
        (["Hello.", "-o", "a.mp3", "--rate", "3"], "--rate is 3.0; it must be a number from 0.5 to 2.0"),
        (["Hello.", "-o", "a.mp3", "--pitch", "0"], "--pitch is 0.0; it must be a number from 0.5 to 2.0"),
        (["Hello.", "-o", "a.mp3", "--volume", "101"], "--volume is 101; it must be a number from 0 to 100"),
        (["Hello.", "-o", "a.mp3", "--seed", "-1"], "--seed is -1; it must be a number from 0 to 65535"),
        (["Hello.", "-o", "a.opus", "--sample-rate", "22050"], "opus comes with 8000, 16000, 24000, 48000 Hz"),
        (["Hello.", "-o", "a.flac"], "the suffix .flac is not known, so give --format, or one of .mp3, .wav, .pcm"),
        (["Hello.", "-o", "a"], "the name has no suffix"),
        (["Hello.", "-o", "a.mp3", "--format", "wav"], "a .mp3 file cannot hold wav"),
        (["Hello.", "-o", "missing/a.mp3"], "missing/a.mp3: No such file or directory"),
        (["Hello.", "-o", "a.mp3", "--voice", "nobody"], "418"),
        (["Hello.", "-o", "a.mp3", "--model", "nothing"], "Model not exist"),
        (["<speak>Hello", "-o", "a.mp3"], "SSML text is invalid"),
        (["Hello.", "-o", "a.mp3", "--api-key", "wrong-key"], "HTTP 401, InvalidApiKey"),
        (["Hello.", "-o", "a.mp3", "--url", "ws://127.0.0.1:{closed_port}/"], "connection refused (127.0.0.1:"),
        (["Hello.", "-o", "a.mp3", "--url", "ws://host.invalid/"], "the host name cannot be resolved (host.invalid)"),
        (["Hello. " * 2000, "-o", "a.mp3", "--timeout", "0.3"], "was not complete within 0.3 s"),
    ],
)
def test_an_error_is_one_line_and_leaves_no_file(run, arguments, text):
    result = run("say", *(argument.replace("{closed_port}", str(closed_port())) for argument in arguments))
    assert_error(result, text)
    assert "wrong-key" not in result.stderr
    assert os.listdir(run.folder) == []


def test_a_file_that_cannot_be_written_is_found_out_before_anything_is_sent(run, service):
    before = service.stats()
    (run.folder / "folder.mp3").mkdir()
    for path in ("folder.mp3", "missing/a.mp3"):
        assert run("say", "Hello.", "-o", path).returncode == 1
    assert service.stats() == before


def test_standard_input_must_be_text(run):
    assert_error(run("say", "-", "-o", "a.mp3", text=b"\xff\xfe\x00"), "not UTF-8")


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["shout"], ["say"], ["say", "a", "b"], ["say", "a", "--rate", "fast"], ["say", "a", "--timeout", "0"],
        ["say", "a", "--local", "--url", "ws://x"], ["say", "a", "--url", "http://x"], ["serve", "--port", "99999"],
        ["say", "a", "--format", "flac"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_is_explained_with_status_2(run, arguments):
    result = run(*arguments)
    assert (result.returncode, result.stdout) == (2, b"")
    assert result.stderr.startswith("usage: ")


@posix
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_leaves_no_half_file(environment, tmp_path, number, status):
    process = subprocess.Popen(
        [*COMMAND, "say", "Hello, and once more. " * 800, "-o", "long.wav"],
        cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    with process:
        wait_until(lambda: any(path.stat().st_size > 1000 for path in tmp_path.glob(".dashscope-tts-*")))
        process.send_signal(number)
        assert process.stderr.read() == b""
        assert process.wait(10) == status
    assert list(tmp_path.iterdir()) == []


def wait_until(condition) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError("it did not come about within 10 s")


# -- serve


@pytest.fixture
def start_service(environment):
    """Starts ``dashscope-tts serve`` on a free port; gives the process and what it printed."""
    running = []

    def start(*arguments):
        process = subprocess.Popen(
            [*COMMAND, "serve", "--port", "0", *arguments],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        running.append(process)
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "official package" in line:
                break
        return process, "".join(lines)

    yield start
    for process in running:
        process.kill()
        process.communicate()


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_tells_how_to_use_it_and_ends_cleanly(start_service, run, number):
    process, printed = start_service()
    url = re.search(r"export DASHSCOPE_WEBSOCKET_BASE_URL=(ws://127\.0\.0\.1:\d+/\S+)", printed)[1]
    assert f'dashscope_tts.base_websocket_api_url = "{url}"' in printed
    result = run("say", "Hello.", "-o", "a.mp3", DASHSCOPE_WEBSOCKET_BASE_URL=url, DASHSCOPE_API_KEY="any")
    assert CLOSING_LINE.fullmatch(result.stderr)
    process.send_signal(number)
    assert process.communicate(timeout=20) == ("", "")
    assert process.returncode == 0


def test_serve_with_a_key_lets_in_nobody_else_and_does_not_print_it(start_service, run):
    _, printed = start_service("--host", "0.0.0.0", "--api-key", KEY, "--strict")
    assert KEY not in printed
    url = re.search(r"ws://\S+", printed)[0]
    assert run("say", "Hello.", "-o", "a.mp3", "--url", url).returncode == 0
    assert_error(run("say", "Hello.", "-o", "a.mp3", "--url", url, DASHSCOPE_API_KEY="other"), "HTTP 401")
    assert_error(run("say", "Hello.", "-o", "a.mp3", "--url", url, "--voice", "nobody"), "418")


def test_serve_to_other_machines_demands_a_key(run):
    for host in ("0.0.0.0", "::", "", "example.com"):
        assert_error(run("serve", "--host", host), "needs --api-key")


def test_serve_on_a_port_in_use_says_so(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert_error(run("serve", "--port", str(port)), f"127.0.0.1:{port}: Address already in use")


# -- voices, --version, --help


def test_voices_are_listed_and_filtered(run):
    everything = run("voices").stdout.decode().splitlines()
    assert everything[0].startswith("longanyang ")
    of_model = run("voices", "--model", "cosyvoice-v2").stdout.decode().splitlines()
    assert 0 < len(of_model) < len(everything)
    assert all(line.split()[0].endswith("_v2") for line in of_model)
    english = json.loads(run("voices", "--model", "cosyvoice-v3-flash", "--language", "EN", "--json").stdout)
    assert {"name", "family", "sex", "languages", "description"} == set(english[0])
    assert all(any(code.startswith("en") for code in voice["languages"]) for voice in english)
    assert_error(run("voices", "--model", "nothing"), "no voice is listed for model nothing")


def test_version_and_help(run):
    assert run("--version").stdout.decode().split() == ["dashscope-tts", dashscope_tts.__version__]
    assert b"examples:" in run("--help").stdout
    assert b"examples:" in run("say", "--help").stdout
    for command in ("serve", "voices"):
        assert run(command, "--help").stdout.startswith(b"usage: dashscope-tts " + command.encode())


def test_the_module_is_the_same_command(environment):
    result = subprocess.run(
        [sys.executable, "-m", "dashscope_tts", "--version"], env=environment, capture_output=True, timeout=60
    )
    assert result.stdout.decode().split() == ["dashscope-tts", dashscope_tts.__version__]


def test_version_loads_nothing_heavy(environment):
    program = (
        "import sys\nfrom dashscope_tts.cli import main\n"
        "try: main(['--version'])\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    result = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, timeout=60)
    loaded = set(result.stdout.decode().split())
    heavy = {"websocket", "requests", "ssl", "asyncio", "av", "uvicorn", "dashscope_tts.audio", "dashscope_tts.local"}
    assert loaded & heavy == set()


# -- measuring


@pytest.mark.parametrize(("name", "rate"), [("mp3", 44100), ("mp3", 8000), ("opus", 24000), ("wav", 16000)])
def test_the_length_does_not_depend_on_how_the_stream_is_cut(run, name, rate):
    audio = run("say", "Hello there.", "--format", name, "--sample-rate", str(rate)).stdout
    samples, decoded_rate = decode(audio)
    for size in (100, 333, len(audio)):
        length = AudioLength(name, rate)
        for at in range(0, len(audio), size):
            length.add(audio[at : at + size])
        assert length.seconds == pytest.approx(len(samples) / decoded_rate, abs=0.15)
