"""The socket under a connection: nothing is lost in a full buffer, and nobody waits longer than said."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading

import pytest

from dashscope_tts.transport.link_socket import LinkSocket, shut_down

from .support.elapsed import within

_LONG = bytes(range(256)) * 16384  # 4 MiB, more than the buffers of both sides hold


@pytest.fixture
def plain():
    here, there = socket.socketpair()
    yield here, there
    here.close()
    there.close()


@pytest.fixture
def encrypted(plain, certificate):
    """Both ends of the pair, behind TLS."""
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.check_hostname, client_context.verify_mode = False, ssl.CERT_NONE
    ends = {}

    def serve():
        ends["there"] = certificate[0].wrap_socket(plain[1], server_side=True)

    serving = threading.Thread(target=serve)
    serving.start()
    here = client_context.wrap_socket(plain[0])
    serving.join()
    yield here, ends["there"]
    here.close()
    ends["there"].close()


@pytest.fixture(params=["plain", "encrypted"])
def ends(request):
    return request.getfixturevalue(request.param)


def _all_of(sock, size):
    data = bytearray()
    while len(data) < size:
        data += sock.recv(size - len(data))
    return bytes(data)


def test_a_write_that_the_buffers_cannot_hold_arrives_whole(ends):
    here, there = ends
    link = LinkSocket(here)
    link.begin(send_seconds=10)
    heard = []
    listening = threading.Thread(target=lambda: heard.append(_all_of(there, len(_LONG))))
    listening.start()
    assert link.send(_LONG) == len(_LONG)
    listening.join()
    assert heard == [_LONG]


def test_a_write_that_nobody_reads_ends_in_time(ends):
    link = LinkSocket(ends[0])
    link.begin(send_seconds=0.2)
    with within(1.0), pytest.raises(socket.timeout):
        link.send(_LONG)


def test_a_write_that_nobody_reads_ends_when_the_socket_is_shut_down(ends):
    link = LinkSocket(ends[0])
    link.begin(send_seconds=30)
    timer = threading.Timer(0.1, link.shut_down)
    timer.start()
    with within(2.0), pytest.raises(OSError):
        link.send(_LONG)
    timer.join()


def _fill(sock):
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.send(bytes(65536), socket.MSG_DONTWAIT)


def test_a_goodbye_waits_for_nobody(plain):
    link = LinkSocket(plain[0])
    link.begin(send_seconds=30)
    _fill(plain[0])
    with within(0.1):
        link.send_at_once(b"goodbye")

    def write():
        with contextlib.suppress(OSError):
            link.send(b"late")

    writing = threading.Thread(target=write)
    writing.start()
    with within(0.1):
        link.send_at_once(b"goodbye")
    shut_down(link)
    writing.join()


def test_a_read_with_nothing_there_does_not_wait(ends):
    link = LinkSocket(ends[0])
    link.begin(send_seconds=30)
    with within(0.1), pytest.raises((BlockingIOError, ssl.SSLWantReadError)):
        link.recv(100)


def test_what_comes_behind_the_handshake_is_not_lost(plain):
    link = LinkSocket(plain[0])
    plain[1].sendall(b"HTTP/1.1 101 Go\r\n\r\n\x81\x01a")
    line = []
    while line[-2:] != [b"\n", b"\r"]:
        line.append(link.recv(1))
    assert link.recv(1) == b"\n"
    assert b"".join(line) == b"HTTP/1.1 101 Go\r\n\r"
    assert len(line) == 3, "one piece for the line, one for its end"
    assert link.begin(send_seconds=1) == b"\x81\x01a"


def test_a_line_that_comes_in_parts_is_read_as_it_comes(plain):
    link = LinkSocket(plain[0])
    plain[1].sendall(b"HTT")
    assert link.recv(1) == b"HTT"
    plain[1].sendall(b"P\nnext\n")
    assert [link.recv(1) for _ in range(4)] == [b"P", b"\n", b"next", b"\n"]


def test_an_answer_that_does_not_come_is_given_up_in_time(ends):
    ends[0].settimeout(0.2)
    link = LinkSocket(ends[0])
    with within(1.0), pytest.raises(socket.timeout):
        link.recv(1)


def test_time_limits_are_the_links_own(plain):
    plain[0].settimeout(3)
    link = LinkSocket(plain[0])
    assert link.gettimeout() == 3
    link.begin(send_seconds=7)
    assert link.gettimeout() == 7
    link.settimeout(8)
    assert link.gettimeout() == 8
