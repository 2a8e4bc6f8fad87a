"""``/healthz`` and ``/metrics``."""

from __future__ import annotations

import base64
import json
import socket

from websockets.sync.client import connect as websocket_connect

import dashscope_tts

from ..local.client import WAIT, Task, connect, speak
from .asking import ask, numbers, speech, wait_until


def test_health_is_told_to_everybody(start):
    service = start(api_key="sk-only", max_sessions=7)
    answer = ask(service, "GET", "healthz")
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["version"], told["max_sessions"]) == ("ok", dashscope_tts.__version__, 7)
    assert (told["sessions"], told["tasks"]) == (0, 0)
    with connect(service, key="sk-only"):
        assert ask(service, "GET", "healthz").json()["sessions"] == 1
    wait_until(lambda: ask(service, "GET", "healthz").json()["sessions"] == 0)


def test_tasks_of_the_websocket_are_counted(start):
    service = start()
    before = numbers(service)
    assert before["sessions_total",] == before["audio_bytes_total",] == 0
    first, second = speak(service, "Hello there."), speak(service, "你好。")
    wait_until(lambda: numbers(service).get(("requests_total", "101")) == 2)  # counted when they have ended
    after = numbers(service)
    assert after["tasks_total", "finished", "duplex"] == 2
    assert after["characters_total",] == first.characters + second.characters == 17
    assert after["audio_bytes_total",] == len(first.audio) + len(second.audio)
    assert after["sessions_total",] == 2
    assert after["sent_bytes_total",] > after["audio_bytes_total",]
    assert 0 < after["received_bytes_total",] < after["sent_bytes_total",]


def test_what_is_open_and_what_runs_can_be_seen(start):
    service = start()
    with connect(service) as connection, connect(service):
        task = Task(connection).run().text("One. ")
        task.until("audio")
        now = numbers(service)
        assert (now["sessions",], now["tasks",]) == (2, 1)
        task.finish().rest()
        assert numbers(service)["tasks",] == 0
    wait_until(lambda: numbers(service)["sessions",] == 0)


def test_the_first_package_is_timed_from_the_first_text(start):
    service = start()
    with connect(service) as connection:
        task = Task(connection).run()
        task.until("task-started")
        # The words that come before any text do not count.
        assert numbers(service)["first_package_delay_seconds_count",] == 0
        task.text("Hello. ").until("audio")
        now = numbers(service)
        task.finish().rest()
    assert now["first_package_delay_seconds_count",] == 1
    assert now["first_package_delay_seconds_bucket", "+Inf"] == 1
    assert 0 < now["first_package_delay_seconds_sum",] < 5
    counts = [now["first_package_delay_seconds_bucket", bound] for bound in ("0.005", "0.1", "1.0", "10.0")]
    assert counts == sorted(counts)
    assert counts[-1] == 1
    assert numbers(service)["first_package_delay_seconds_count",] == 1


def test_errors_are_counted_by_code(start):
    service = start(strict=True, api_key="sk-only")
    header = {"Authorization": "Bearer sk-only"}
    with connect(service, key="sk-only") as connection:
        assert Task(connection, voice="nobody").run().rest().error[0] == "InvalidParameter"
    assert speech(service, "Hello.", "sk-other").status_code == 401
    assert speech(service, "Hello.", "sk-only", voice="nobody").status_code == 400
    text = ask(service, "GET", "metrics", headers=header).text
    assert 'dashscope_tts_errors_total{code="InvalidParameter"} 2' in text
    assert 'dashscope_tts_errors_total{code="InvalidApiKey"} 1' in text
    assert 'requests_total{status="401"} 1' in text


def _long_text(mark: str) -> str:
    """Two thousand sentences, no two alike: what was spoken before is not made again, and would be over too soon."""
    return "".join(f"{mark}{number}。" for number in range(2000))


def test_a_cancelled_task_and_one_whose_client_has_gone_are_told_apart_from_finished_ones(start):
    service = start()
    with connect(service) as connection:
        task = Task(connection).run().text(_long_text("一"))
        task.until("audio")
        task.finish(directive="cancel").rest()
    with connect(service) as connection:
        Task(connection).run().text(_long_text("二")).until("audio")
        connection.socket.shutdown(socket.SHUT_RDWR)
    wait_until(lambda: numbers(service).get(("tasks_total", "cancelled", "duplex")) == 2)
    assert ("tasks_total", "finished", "duplex") not in numbers(service)


def test_tasks_of_the_other_protocols_are_counted(start):
    service = start()
    audio = ask(service, "GET", speech(service, "Hello there.").json()["output"]["audio"]["url"].split("/", 3)[3])
    url = f"ws://127.0.0.1:{service.port}/api-ws/v1/realtime?model=qwen3-tts-flash-realtime"
    deltas = []
    with websocket_connect(url, additional_headers={"Authorization": "Bearer any"}, proxy=None) as connection:
        session = {"voice": "Cherry", "mode": "commit", "response_format": "pcm"}
        connection.send(json.dumps({"type": "session.update", "session": session}))
        connection.send(json.dumps({"type": "input_text_buffer.append", "text": "Good morning."}))
        connection.send(json.dumps({"type": "input_text_buffer.commit"}))
        connection.send(json.dumps({"type": "session.finish"}))
        event = {"type": ""}
        while event["type"] != "session.finished":
            event = json.loads(connection.recv(timeout=WAIT))
            if event["type"] == "response.audio.delta":
                deltas.append(base64.b64decode(event["delta"]))
    now = numbers(service)
    assert now["tasks_total", "finished", "http"] == now["tasks_total", "finished", "realtime"] == 1
    assert now["characters_total",] == len("Hello there.") + len("Good morning.")
    assert now["audio_bytes_total",] == len(audio.content) + len(b"".join(deltas)) > 0
    assert now["first_package_delay_seconds_count",] == 2


def test_services_in_one_program_count_for_themselves(start):
    one, other = start(), start()
    speak(one, "Hello.")
    assert numbers(one)["sessions_total",] == 1
    assert numbers(other)["sessions_total",] == 0


def test_numbers_are_for_who_has_the_key(start):
    service = start(api_key="sk-only")
    assert ask(service, "GET", "metrics").status_code == 401
    assert ask(service, "GET", "metrics", headers={"Authorization": "Bearer sk-other"}).status_code == 401
    assert ask(service, "GET", "metrics", headers={"Authorization": "Bearer sk-only"}).status_code == 200


def test_speech_of_the_self_hosted_interface_is_counted(start):
    service = start()
    answer = ask(service, "POST", "inference_sft", data={"tts_text": "Hello there.", "spk_id": "longanyang"})
    assert answer.status_code == 200
    now = numbers(service)
    assert now["tasks_total", "finished", "inference"] == 1
    assert now["audio_bytes_total",] == len(answer.content) > 0
