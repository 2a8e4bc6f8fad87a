"""Starting and stopping: settings, ports, threads, and what happens to open sessions."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading

import pytest
import requests
from websockets.exceptions import ConnectionClosed

import dashscope_tts
from dashscope_tts.local import LocalService, serve
from dashscope_tts.local.voices import VOICES, known_voices, suits, voice_named
from dashscope_tts.transport.reading import SPARE_NAME

from .client import WAIT, Task, connect, speak


@pytest.fixture
def no_key(monkeypatch, tmp_path):
    monkeypatch.setattr(dashscope_tts, "api_key", None)
    monkeypatch.setattr(dashscope_tts, "api_key_file_path", None, raising=False)
    for name in ("DASHSCOPE_API_KEY", "DASHSCOPE_API_KEY_FILE_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


def settings() -> tuple[object, ...]:
    return dashscope_tts.base_websocket_api_url, dashscope_tts.base_http_api_url, dashscope_tts.api_key


def test_the_settings_point_at_the_service_inside_the_block(no_key):
    before = settings()
    with serve() as service:
        assert settings() == (service.url, service.http_url, "local")
        assert service.url == f"ws://127.0.0.1:{service.port}/api-ws/v1/inference"
        assert service.http_url == f"http://127.0.0.1:{service.port}/api/v1"
    assert settings() == before


def test_a_key_that_is_set_is_left_alone(no_key, monkeypatch):
    monkeypatch.setattr(dashscope_tts, "api_key", "sk-mine")
    with serve():
        assert dashscope_tts.api_key == "sk-mine"
    assert dashscope_tts.api_key == "sk-mine"


def test_a_key_in_the_environment_needs_no_placeholder(no_key, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_API_KEY", "sk-environment")
    with serve():
        assert dashscope_tts.api_key is None


def test_the_placeholder_is_the_key_that_opens_the_service(no_key):
    with serve(api_key="sk-only"):
        assert dashscope_tts.api_key == "sk-only"


@pytest.mark.parametrize("order", [(1, 0), (0, 1)], ids=["inner first", "outer first"])
def test_two_services_put_the_settings_back_in_any_order(no_key, order):
    before = settings()
    services = [serve().start(), serve().start()]
    assert services[0].port != services[1].port
    assert settings()[0] == services[1].url
    assert speak(services[0], "Hi.").characters == speak(services[1], "Hi.").characters
    services[order[0]].stop()
    assert settings()[0] == services[order[1]].url
    services[order[1]].stop()
    assert settings() == before


def test_what_the_program_sets_inside_the_block_stays(no_key, monkeypatch):
    monkeypatch.setattr(dashscope_tts, "base_websocket_api_url", dashscope_tts.base_websocket_api_url)
    with serve():
        dashscope_tts.base_websocket_api_url = "wss://elsewhere.example"
    assert dashscope_tts.base_websocket_api_url == "wss://elsewhere.example"


def test_without_configure_the_settings_are_not_touched(no_key):
    before = settings()
    with serve(configure=False):
        assert settings() == before


def test_a_port_in_use_is_an_error_that_names_it():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        before = threading.active_count()
        with pytest.raises(OSError, match=rf"127\.0\.0\.1:{port}"):
            serve(port=port, configure=False).start()
        assert threading.active_count() <= before


def test_an_unknown_setting_is_a_type_error_that_lists_the_known_ones():
    with pytest.raises(TypeError, match="fragment_timeout"):
        serve(fragment_time=3)


def test_the_port_is_free_and_no_thread_or_socket_is_left_after_the_end():
    before = set(threading.enumerate())
    files = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    with serve(configure=False) as service:
        assert speak(service, "Hi.").characters == 3
        port = service.port
    assert {thread for thread in threading.enumerate() if thread.name != SPARE_NAME} <= before
    if files:
        assert len(os.listdir("/proc/self/fd")) <= files
    with serve(port=port, configure=False) as again:
        assert again.port == port


def test_it_can_be_stopped_twice_and_started_again(no_key):
    service = serve()
    service.stop()
    for _ in range(2):
        service.start()
        with pytest.raises(RuntimeError, match="running"):
            service.start()
        assert speak(service, "Hi.").characters == 3
        service.stop()
        service.stop()
    assert isinstance(service, LocalService)
    assert "stopped" in repr(service)


def test_open_sessions_are_closed_when_it_stops():
    with contextlib.ExitStack() as stack:
        service = serve(configure=False).start()
        idle = stack.enter_context(connect(service))
        busy = Task(stack.enter_context(connect(service))).run().text("很长的一句话。" * 500)
        busy.until("audio")
        service.stop()
        with pytest.raises(ConnectionClosed):
            idle.recv(timeout=WAIT)
        with pytest.raises(ConnectionClosed):
            busy.rest()
    assert service.stats()["connections_now"] == service.stats()["tasks_now"] == 0


def test_a_client_that_goes_away_ends_its_task(service):
    with connect(service) as connection:
        Task(connection).run().text("很长的一句话。" * 1000).until("audio")
    assert speak(service, "Still there.").characters == 12


def test_services_may_be_started_from_many_threads():
    ports = []

    def use() -> None:
        with serve(configure=False) as service:
            speak(service, "Hi.")
            ports.append(service.port)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ports) == 4


def test_other_paths_are_not_found(service):
    assert requests.get(f"http://127.0.0.1:{service.port}/nothing", timeout=WAIT).status_code == 404


def test_no_key_and_no_text_is_logged(start, caplog):
    caplog.set_level("DEBUG")
    service = start(api_key="sk-secret-key")
    with connect(service, url=f"{service.url}?api_key=sk-secret-key", additional_headers={}) as connection:
        Task(connection).run().text("A private sentence.").finish().rest()
    with connect(service, key="sk-secret-key") as connection:
        Task(connection).run().text("A private sentence.").text("x" * 30000).rest()
    ours = [record for record in caplog.records if not record.name.startswith("websockets")]
    assert not any("secret" in r.getMessage() or "private" in r.getMessage() for r in ours)


def run_python(code: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_foreground_form_ends_cleanly_on_a_signal(number):
    code = "from dashscope_tts.local import run\nrun(on_ready=lambda service: print(service.url, flush=True))"
    with run_python(code) as process:
        url = process.stdout.readline().strip()
        assert url.startswith("ws://127.0.0.1:")
        with connect(None, url=url) as connection:
            assert Task(connection).run().text("Hi.").finish().rest().characters == 3
            process.send_signal(number)
            _, errors = process.communicate(timeout=WAIT)
    assert (process.returncode, errors) == (0, "")


def test_without_the_extra_the_error_says_how_to_get_it():
    code = """
import sys
for name in ("starlette", "uvicorn", "av", "espeakng_loader", "wsproto"):
    sys.modules[name] = None
import dashscope_tts.local
try:
    dashscope_tts.local.serve().start()
except ImportError as error:
    print(error)
"""
    with run_python(code) as process:
        output, errors = process.communicate(timeout=WAIT)
    assert 'pip install "dashscope_tts[local]"' in output, errors


def test_importing_it_loads_nothing_heavy():
    code = "import sys, dashscope_tts.local, dashscope_tts.local.voices\nprint(sorted(sys.modules))"
    with run_python(code) as process:
        output, _ = process.communicate(timeout=WAIT)
    for name in ("starlette", "uvicorn", "'av'", "espeakng_loader", "wsproto", "numpy"):
        assert name not in output


def test_the_known_voices_can_be_listed():
    voices = known_voices()
    names = {voice.name for voice in voices}
    assert {"longanyang", "longxiaochun_v2", "longxiaochun", "Cherry", "sambert-zhichu-v1"} <= names
    assert all(v.sex in ("female", "male") and v.languages and v.description and v.family for v in voices)
    timbres = {(v.variant, v.pitch, v.tempo, v.size) for v in voices if v.family == "cosyvoice-v3"}
    assert len(timbres) == sum(v.family == "cosyvoice-v3" for v in voices)


def test_an_unknown_voice_has_a_stable_choice():
    assert voice_named("whoever") == voice_named("whoever") != voice_named("whoever else")
    assert voice_named("longanyang") is VOICES["longanyang"]
    assert suits("Cherry", "qwen3-tts-flash")
    assert not suits("longanyang", "cosyvoice-v2")
