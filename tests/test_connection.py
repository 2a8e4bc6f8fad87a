"""Opening and closing: who is dialled, with what, what goes wrong, and that nothing stays behind."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import threading
import traceback

import pytest
import websocket
from websockets.sync.server import serve as strict_server

from dashscope_tts.common.error import (
    AuthenticationError,
    AuthenticationFailed,
    ConnectFailed,
    InvalidParameter,
    RequestFailure,
)

from .support import KEY
from .support.elapsed import within
from .support.proxy import Proxy
from .support.recorder import Recorder
from .support.steps import accepts, drops, reads_the_request, refuses, resets, speaks, writes

_OFFICIAL = (
    "websocket connection could not established within 5s. Please check your network connection, firewall settings, "
    "or server status."
)


# -- refused


@pytest.mark.parametrize(
    ("status", "body", "kind", "says", "retryable"),
    [
        ("401 Unauthorized", {"code": "InvalidApiKey", "message": "Invalid API-key provided."}, AuthenticationFailed,
         "HTTP 401, InvalidApiKey, Invalid API-key provided.", False),
        ("403 Forbidden", {"code": "AccessDenied", "message": "No."}, AuthenticationFailed, "HTTP 403, AccessDenied",
         False),
        ("429 Too Many Requests", {"code": "Throttling.RateQuota", "message": "Slow down."}, ConnectFailed,
         "HTTP 429, Throttling.RateQuota, Slow down.", True),
        ("503 Service Unavailable", "<html>busy</html>", ConnectFailed, "HTTP 503, <html>busy</html>", True),
        ("404 Not Found", "", ConnectFailed, r"HTTP 404 \(127", False),
        ("400 Bad Request", ["not", "an", "object"], ConnectFailed, "HTTP 400", False),
    ],
    ids=["401", "403", "429", "503", "404", "400"],
)  # fmt: skip
def test_a_refused_handshake_names_the_status_and_the_reason(serve, speaker, status, body, kind, says, retryable):
    text = body if isinstance(body, str) else json.dumps(body)
    service = serve(refuses(status, text.encode()))
    with within(1.0), pytest.raises(kind, match=says) as raised:
        speaker(service).call("text")
    assert str(raised.value).startswith(_OFFICIAL)  # seam 12
    assert isinstance(raised.value, TimeoutError)
    assert isinstance(raised.value, RequestFailure)
    assert isinstance(raised.value, AuthenticationError) is (kind is AuthenticationFailed)
    assert raised.value.http_code == int(status[:3])
    assert raised.value.retryable is retryable
    assert isinstance(raised.value.__cause__, websocket.WebSocketBadStatusException)
    assert service.connections == 1


def test_a_redirect_does_not_take_the_key_along(serve, speaker):
    elsewhere = serve(refuses("404 Not Found"))
    service = serve(refuses("302 Found", b"", f"Location: {elsewhere.url}"))
    with within(1.0), pytest.raises(ConnectFailed, match="Redirect"):
        speaker(service).call("text")
    assert not elsewhere.peers


def test_a_redirect_to_nowhere_is_no_connection(serve, speaker):
    with within(1.0), pytest.raises(ConnectFailed, match=r"Redirect.*302|location"):
        speaker(serve(refuses("302 Found"))).call("text")


def test_the_code_of_a_refusal_is_on_the_error(serve, speaker):
    body = b'{"code": "InvalidApiKey", "message": "Invalid API-key provided.", "request_id": "1"}'
    with pytest.raises(AuthenticationFailed) as raised:
        speaker(serve(refuses("401 Unauthorized", body))).call("text")
    assert (raised.value.code, raised.value.name) == ("InvalidApiKey", "InvalidApiKey")
    assert "another region" in raised.value.hint


def test_D4_a_refused_connection_is_told_at_once(speaker, free_port):
    with within(1.0), pytest.raises(ConnectFailed, match="Cause: connection refused") as raised:
        speaker(f"ws://127.0.0.1:{free_port}").call("text")
    assert isinstance(raised.value.__cause__, ConnectionRefusedError)
    assert raised.value.retryable


def test_a_name_that_cannot_be_resolved_is_told_so(speaker, monkeypatch):
    def unknown(*arguments, **keywords):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with within(1.0), pytest.raises(ConnectFailed, match="host name cannot be resolved"):
        speaker("ws://speech.invalid").call("text")


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ((drops,), "closed the connection during the handshake|reset"),
        ((reads_the_request, drops), "closed the connection during the handshake"),
        ((reads_the_request, resets), "reset"),
        ((reads_the_request, writes(b"HTTP/1.1 101 Swit"), drops), "closed the connection during the handshake"),
        ((reads_the_request, writes(b"junk\r\n\r\n")), "Cause: "),
        ((writes(b"SSH-2.0-OpenSSH_9.6\r\n"), reads_the_request, drops), "Cause: "),
        ((reads_the_request, writes(b"HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    b"Sec-WebSocket-Accept: wrong\r\n\r\n")), "Cause: .*[Hh]eader"),
    ],
    ids=["at_once", "drop", "reset", "half_an_answer", "junk", "another_protocol", "wrong_accept"],
)  # fmt: skip
def test_a_handshake_that_goes_wrong_ends_at_once(serve, speaker, steps, says):
    with within(1.0), pytest.raises(ConnectFailed, match=says):
        speaker(serve(*steps)).call("text")


@pytest.mark.parametrize("steps", [(), (reads_the_request,)], ids=["accepts_tcp_only", "reads_the_request"])
def test_a_service_that_says_nothing_is_given_up_after_connect_timeout(serve, speaker, steps):
    service = serve(*steps)
    synthesizer = speaker(service, connect_timeout=0.3)
    with within(1.0), pytest.raises(ConnectFailed, match=r"within 0\.3s.*no answer in") as raised:
        synthesizer.call("text")
    assert raised.value.retryable
    assert service.peer().gone.wait(2)
    assert synthesizer.ws is None


def test_the_limit_of_a_call_limits_the_connecting_too(serve, speaker):
    with within(1.0), pytest.raises(ConnectFailed):
        speaker(serve()).call("text", timeout_millis=200)


def test_an_address_that_swallows_everything_is_given_up_after_connect_timeout(swallowing_address, speaker):
    with within(1.5), pytest.raises(ConnectFailed, match="no answer in"):
        speaker(swallowing_address, connect_timeout=0.4).call("text")


def test_D5_after_a_failed_connect_the_object_works(serve, speaker):
    recorder = Recorder()
    service = serve(refuses("503 Service Unavailable"), then=(accepts, speaks))
    synthesizer = speaker(service, recorder)
    with pytest.raises(ConnectFailed):
        synthesizer.streaming_call("text")
    assert recorder.names == []
    synthesizer.streaming_call("text")
    synthesizer.streaming_complete()
    recorder.wait_closed()
    assert recorder.audio == b"text"


def test_D7_failed_connects_and_starts_leave_nothing(serve, speaker):
    service = serve(accepts)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            speaker(service).call("text", timeout_millis=50)
    for number in range(5):
        assert service.peer(number).gone.wait(2)


# -- TLS


def test_a_certificate_of_nobody_is_not_accepted(serve, speaker, certificate):
    with within(1.0), pytest.raises(ConnectFailed, match=r"certificate was not accepted: self.signed") as raised:
        speaker(serve(accepts, speaks, tls=certificate[0])).call("text")
    assert isinstance(raised.value.__cause__, ssl.SSLCertVerificationError)
    assert not raised.value.retryable
    assert "ca_certs" in raised.value.hint


def test_a_certificate_that_sslopt_names_is_accepted(serve, speaker, certificate):
    service = serve(accepts, speaks, tls=certificate[0])
    synthesizer = speaker(service, sslopt={"ca_certs": certificate[1]})
    assert synthesizer.call("text" * 20_000) == b"text" * 20_000
    assert synthesizer.call("again") == b"again"
    assert service.connections == 1


def test_tls_to_a_plain_port_is_told_so(serve, speaker):
    service = serve(writes(b"HTTP/1.1 400 Bad Request\r\n\r\n"))
    with within(1.0), pytest.raises(ConnectFailed, match="TLS failed"):
        speaker(service.url.replace("ws:", "wss:")).call("text")


def test_tls_that_is_never_answered_is_given_up(serve, speaker):
    service = serve()
    with within(1.0), pytest.raises(ConnectFailed, match="no answer"):
        speaker(service.url.replace("ws:", "wss:"), connect_timeout=0.3).call("text")


# -- what is dialled with


def test_the_handshake_has_the_official_headers(serve, speaker):
    service = serve(accepts, speaks)
    speaker(service, workspace="ws-1").call("text")
    peer = service.peer()
    assert peer.request == "GET /api-ws/v1/inference HTTP/1.1"
    assert peer.header("Authorization") == [f"Bearer {KEY}"]
    assert peer.header("X-DashScope-WorkSpace") == ["ws-1"]
    assert peer.header("x-dashscope-sdk-client")[0].startswith("python-sdk/")
    assert len(peer.header("x-dashscope-sdk-session-id")[0]) == 32
    assert peer.header("user-agent")[0].startswith("dashscope_tts/")
    assert "X-DashScope-DataInspection" not in dict(peer.headers)


def test_headers_of_the_program_replace_ours_in_any_case(serve, speaker):
    service = serve(accepts, speaks)
    speaker(service, headers={"User-Agent": "mine", "AUTHORIZATION": "bearer other", "X-More": "1"}).call("text")
    peer = service.peer()
    assert peer.header("user-agent") == ["mine"]
    assert peer.header("Authorization") == ["bearer other"]
    assert peer.header("X-More") == ["1"]


def test_the_sdk_headers_can_be_switched_off(serve, speaker, monkeypatch):
    monkeypatch.setenv("DASHSCOPE_DISABLE_SDK_HEADERS", "1")
    service = serve(accepts, speaks)
    speaker(service).call("text")
    assert service.peer().header("x-dashscope-sdk-client") == []


def test_a_header_with_a_line_break_is_not_sent(serve, speaker):
    service = serve(accepts, speaks)
    with pytest.raises(ConnectFailed, match="line break") as raised:
        speaker(service, headers={"X-A": "1\r\nX-B: 2"}).call("text")
    assert isinstance(raised.value.__cause__, InvalidParameter)
    assert service.connections <= 1
    assert all(not peer.headers for peer in service.peers)


def test_a_callable_is_asked_for_a_key_at_each_connect(serve, speaker):
    keys = iter(["st-one", "st-two"])
    service = serve(accepts, speaks)
    synthesizer = speaker(service, api_key=lambda: next(keys))
    synthesizer.call("a")
    synthesizer.call("b")
    synthesizer.close()
    synthesizer.call("c")
    assert service.connections == 2
    assert [peer.header("Authorization") for peer in service.peers] == [["Bearer st-one"], ["Bearer st-two"]]


def test_a_callable_that_has_no_key_or_raises_is_the_cause(serve, speaker):
    def broken():
        raise LookupError("the vault is shut")

    service = serve(accepts, speaks)
    with within(1.0), pytest.raises(ConnectFailed, match="the vault is shut") as raised:
        speaker(service, api_key=broken).call("text")
    assert isinstance(raised.value.__cause__, LookupError)
    with pytest.raises(ConnectFailed, match="returned no key"):
        speaker(service, api_key=lambda: "").call("text")


def test_the_socket_finds_half_open_links(serve, speaker):
    """D3: keep-alive and a limit for what is not acknowledged, on the real socket."""
    synthesizer = speaker(serve(accepts, speaks))
    synthesizer.connect()
    sock = synthesizer.ws.sock.sock
    expected = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000,
                "TCP_NODELAY": 1}  # fmt: skip
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) != 0
    for name, value in expected.items():
        if hasattr(socket, name):
            assert sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value, name


def test_connect_opens_ahead_of_the_text(serve, speaker):
    service = serve(accepts, speaks)
    synthesizer = speaker(service)
    synthesizer.connect()
    synthesizer.connect()
    assert service.connections == 1
    assert service.peer().messages == []
    assert "connected:True" in str(synthesizer)
    assert synthesizer.call("text") == b"text"
    assert service.connections == 1


def test_D6_connecting_polls_nothing(serve, speaker):
    """The official package takes 100 ms for it."""
    service = serve(accepts, speaks)
    took = []
    for _ in range(5):
        synthesizer = speaker(service)
        synthesizer.call("text")
        took.append(synthesizer.get_first_package_delay())
        synthesizer.close()
    assert min(took) < 50


def test_a_thread_has_the_name_of_its_connection(serve, speaker):
    synthesizer = speaker(serve(accepts, speaks))
    synthesizer.connect()
    assert synthesizer.thread.name.startswith("dashscope-tts-cosyvoice-")
    assert synthesizer.thread.daemon


def test_with_closes(serve, speaker):
    service = serve(accepts, speaks)
    with speaker(service) as synthesizer:
        assert synthesizer.call("text") == b"text"
    assert service.peer().gone.wait(2)
    synthesizer.close()
    synthesizer.close()


def test_with_waits_for_the_audio_of_a_call_with_a_callback(serve, speaker):
    recorder = Recorder()
    with speaker(serve(accepts, speaks), recorder) as synthesizer:
        synthesizer.call("text")
    recorder.wait_closed()
    assert recorder.names == ["on_open", "on_event", "on_data", "on_complete", "on_close"]


def test_with_does_not_wait_after_an_error(serve, speaker):
    recorder = Recorder()
    with within(1.0), pytest.raises(LookupError), speaker(serve(accepts), recorder) as synthesizer:
        synthesizer.request.no_such_attribute = {}["missing"]
    assert recorder.names == []


def test_the_frames_are_what_a_strict_library_accepts(speaker):
    """An independent implementation of the protocol checks what we send, masks and close frame included."""
    closed, heard = threading.Event(), []

    def talk(connection):
        for message in connection:
            action = json.loads(message)["header"]
            heard.append(action["action"])
            names = {"run-task": "task-started", "finish-task": "task-finished"}
            if action["action"] == "continue-task":
                connection.send(b"audio")
            else:
                header = {"event": names[action["action"]], "task_id": action["task_id"]}
                connection.send(json.dumps({"header": header, "payload": {}}))
        closed.set()

    with strict_server(talk, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        synthesizer = speaker(f"ws://127.0.0.1:{server.socket.getsockname()[1]}/api-ws/v1/inference")
        assert synthesizer.call("x" * 70_000) == b"audio"
        synthesizer.close()
        assert closed.wait(2)
        server.shutdown()
        thread.join(5)
    assert heard == ["run-task", "continue-task", "finish-task"]


# -- proxies


def test_a_proxy_is_gone_through_with_its_credentials(serve, speaker):
    service = serve(accepts, speaks)
    with Proxy() as proxy:
        synthesizer = speaker(service, proxy=f"http://us%40er:pa%3Ass@127.0.0.1:{proxy.port}")
        assert synthesizer.call("text") == b"text"
        synthesizer.close()
    assert proxy.asked_for == [f"127.0.0.1:{service.port}"]
    assert proxy.credentials == ["us@er:pa:ss"]


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY"])
def test_a_proxy_of_the_environment_is_gone_through(serve, speaker, monkeypatch, name):
    service = serve(accepts, speaks)
    with Proxy() as proxy:
        monkeypatch.setenv(name, f"http://user:pass@127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "elsewhere.example")
        synthesizer = speaker(service.url.replace("127.0.0.1", "localhost"))
        assert synthesizer.call("text") == b"text"
        synthesizer.close()
    assert proxy.credentials == ["user:pass"]


def test_a_proxy_that_refuses_is_named(speaker):
    with Proxy(answer=b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n") as proxy, within(1.0), pytest.raises(
        ConnectFailed, match=r"proxy.*407"
    ):
        speaker("ws://speech.example/", proxy=f"http://127.0.0.1:{proxy.port}").call("text")


def test_a_proxy_that_says_nothing_is_given_up(speaker):
    with Proxy(answer=b"") as proxy, within(1.5), pytest.raises(ConnectFailed, match="no answer"):
        speaker("ws://speech.example/", proxy=f"http://127.0.0.1:{proxy.port}", connect_timeout=0.3).call("text")


@pytest.mark.parametrize("bad", ["ftp://127.0.0.1:1", "http://", "http://h:port", "://", "http://[::1"])
def test_a_proxy_that_is_none_is_refused_at_the_door(speaker, bad):
    with pytest.raises(InvalidParameter, match="proxy must look like http://host:port"):
        speaker("ws://127.0.0.1:1", proxy=bad)


# -- secrets


def test_no_key_and_no_credential_is_ever_told(serve, speaker, caplog):
    """The server repeats the key; the URL and the proxy have passwords."""
    body = json.dumps({"code": "InvalidApiKey", "message": f"Incorrect API key provided: {KEY}"}).encode()
    service = serve(refuses("401 Unauthorized", body, f"X-Echo: {KEY}"))
    url = service.url.replace("127.0.0.1", "url-user:url-password@127.0.0.1")
    told = []
    with caplog.at_level(logging.DEBUG):
        synthesizer = speaker(url, sslopt={"a": 1})
        for attempt in (synthesizer.call, synthesizer.connect, speaker(url, Recorder()).streaming_call):
            with pytest.raises(ConnectFailed) as raised:
                attempt(*(["text"] if attempt != synthesizer.connect else []))
            error = raised.value
            trace = traceback.format_exception(type(error), error, error.__traceback__)
            told += [str(error), repr(error), *trace]
        with Proxy(answer=b"HTTP/1.1 407 No\r\n\r\n") as proxy:
            behind = speaker(url, proxy=f"http://proxy-user:proxy-password@127.0.0.1:{proxy.port}")
            with pytest.raises(ConnectFailed) as raised:
                behind.call("text")
            told += [str(raised.value), repr(raised.value)]
    for thing in (synthesizer, behind, synthesizer.request, synthesizer._conversation):
        told += [str(thing), repr(thing)]
    told += [record.getMessage() for record in caplog.records]
    assert len(caplog.records) > 0
    lines = "\n".join(line for text in told for line in text.splitlines() if "told +=" not in line)
    for secret in (KEY, "url-password", "proxy-password"):
        assert secret not in lines


def test_the_log_of_a_good_conversation_has_no_key(serve, speaker, caplog):
    with caplog.at_level(logging.DEBUG):
        speaker(serve(accepts, speaks)).call("text")
    assert any(record.name == "dashscope" for record in caplog.records)
    assert KEY not in caplog.text
    assert "Bearer" not in caplog.text
