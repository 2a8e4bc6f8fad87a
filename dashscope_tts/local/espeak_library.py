"""The binding of libespeak-ng: loaded once per process, used by one thread at a time.

espeak-ng keeps its state in globals: one lock, for the whole process, guards every call.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["EspeakLibrary", "Mark", "library"]

_SYNCHRONOUS = 2
_CHUNK_MILLISECONDS = 60
_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000
_UTF8 = 1
_PHONEMES = 0x0100
_RATE, _PITCH, _RANGE, _PUNCTUATION = 1, 3, 4, 5
_EVENT_WORD, _EVENT_PHONEME = 1, 7
_POSITION_CHARACTER = 1


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True)
class Mark:
    """Something the engine reports about its audio at ``sample``: a word that begins, a sound, or a pause.

    ``position`` is the index of the word's first character in the text; -1 for a sound or a pause, whose mnemonic
    is ``phoneme``.
    """

    sample: int
    position: int
    is_pause: bool = False
    phoneme: str = ""


Receive = Callable[[bytes, list[Mark]], bool]


class EspeakLibrary:
    """libespeak-ng in this process. Use :func:`library`, which makes the only one.

    ``sample_rate`` is in Hz.
    """

    def __init__(self) -> None:
        import espeakng_loader

        self._lock = threading.Lock()
        self._receive: Receive | None = None
        self._error: BaseException | None = None
        self._library = ctypes.CDLL(espeakng_loader.get_library_path())
        self._library.espeak_Synth.argtypes = (
            ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
            ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
        )  # fmt: skip
        self._library.espeak_TextToPhonemes.argtypes = (ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int)
        self._library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        data_path = str(espeakng_loader.get_data_path()).encode()
        self.sample_rate = int(
            self._library.espeak_Initialize(
                _SYNCHRONOUS, _CHUNK_MILLISECONDS, data_path, _PHONEME_EVENTS | _DONT_EXIT
            )
        )
        if self.sample_rate <= 0:
            raise RuntimeError("espeak-ng could not be initialized")
        self._callback = _Callback(self._on_audio)  # kept: the library holds only a bare pointer
        self._library.espeak_SetSynthCallback(self._callback)

    def speak(
        self,
        text: str,
        receive: Receive,
        *,
        voice: str,
        words_per_minute: int,
        pitch: int,
        pitch_range: int = 50,
        phonemes: bool = False,
        punctuation: bool = False,
    ) -> bool:
        """Speak ``text`` and hand the audio over piece by piece; waits while another thread speaks.

        Args:
            text: what to say; with ``phonemes``, ``[[...]]`` in it are the engine's phoneme mnemonics.
            receive: takes 16-bit PCM and the marks in it; False stops the engine.
            voice: ``language+variant``.
            words_per_minute: 80 to 449; beyond that the library changes its method.
            pitch: 0 to 99, 50 the voice's own.
            pitch_range: 0 (monotone) to 99.
            punctuation: name the punctuation marks.

        Returns:
            Whether it was spoken to the end.
        """
        encoded = text.replace("\0", " ").encode("utf-8", "replace")
        flags = _UTF8 | (_PHONEMES if phonemes else 0)
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise LookupError(f"espeak-ng has no voice {voice!r}")
            for parameter, value in (
                (_RATE, words_per_minute),
                (_PITCH, pitch),
                (_RANGE, pitch_range),
                (_PUNCTUATION, int(punctuation)),
            ):
                self._library.espeak_SetParameter(parameter, value, 0)
            self._receive, self._error, self._stopped = receive, None, False
            try:
                self._library.espeak_Synth(
                    encoded, len(encoded) + 1, 0, _POSITION_CHARACTER, 0, flags, None, None
                )
            finally:
                self._receive = None
            if self._error is not None:
                raise self._error
            return not self._stopped

    def mnemonics(self, text: str, *, voice: str) -> str:
        """``text`` as the engine would say it, in its phoneme mnemonics with stress and tones."""
        encoded = ctypes.c_char_p(text.replace("\0", " ").encode("utf-8", "replace"))
        said = []
        with self._lock:
            if self._library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise LookupError(f"espeak-ng has no voice {voice!r}")
            while encoded.value:  # one clause after another; the pointer moves on, and is null at the end
                said.append(self._library.espeak_TextToPhonemes(ctypes.byref(encoded), _UTF8, 0) or b"")
        return b" ".join(said).decode("utf-8", "replace")

    def _on_audio(self, samples: int | None, count: int, events: ctypes._Pointer[_Event]) -> int:
        # Called from C: an exception must not cross it.
        try:
            marks = _marks(events)
            pcm = ctypes.string_at(samples, 2 * count) if samples and count > 0 else b""
            if self._receive is None or ((pcm or marks) and not self._receive(pcm, marks)):
                self._stopped = True
        except BaseException as error:
            self._error = error
            self._stopped = True
        return int(self._stopped)


def _marks(events: ctypes._Pointer[_Event]) -> list[Mark]:
    marks = []
    index = 0
    while events and events[index].type:
        event = events[index]
        if event.type == _EVENT_WORD:
            marks.append(Mark(event.sample, max(0, event.text_position - 1)))
        elif event.type == _EVENT_PHONEME:
            name = event.id.string.decode("utf-8", "replace")
            marks.append(Mark(event.sample, -1, name.startswith("_"), name))
        index += 1
    return marks


_made: EspeakLibrary | None = None
_making = threading.Lock()


def library() -> EspeakLibrary:
    """The process's espeak-ng, loaded on first use."""
    global _made
    with _making:
        if _made is None:
            _made = EspeakLibrary()
        return _made
