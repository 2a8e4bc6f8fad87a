"""The messages of one synthesizer, under the names by which programs reach for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Optional

from ...protocol import messages
from ...transport.headers import ApiKey, websocket_headers

__all__ = ["Request"]


class Request:
    """What is asked for: builds the messages of the task ``task_id``.

    Arguments and attributes are those of the official class, where ``format``, ``sample_rate`` (Hz) and ``bit_rate``
    (kbit/s) are the parts of an ``AudioFormat``.
    """

    def __init__(
        self,
        apikey: ApiKey,
        model: str,
        voice: str,
        format: str = "wav",
        sample_rate: int = 16000,
        bit_rate: int = 64000,
        volume: int = 50,
        speech_rate: float = 1.0,
        pitch_rate: float = 1.0,
        seed: int = 0,
        synthesis_type: int = 0,
        instruction: Optional[str] = None,
        language_hints: Optional[list[str]] = None,
    ) -> None:
        self.task_id = self.gen_uid()
        self.apikey = apikey
        self.model = model
        self.voice = voice
        self.format = format
        self.sample_rate = sample_rate
        self.bit_rate = bit_rate
        self.volume = volume
        self.speech_rate = speech_rate
        self.pitch_rate = pitch_rate
        self.seed = seed
        self.synthesis_type = synthesis_type
        self.instruction = instruction
        self.language_hints = language_hints

    def gen_uid(self) -> str:
        """A new task id: 32 hexadecimal digits."""
        return messages.new_id()

    def get_websocket_headers(self, headers: Optional[Mapping[str, str]], workspace: Optional[str]) -> dict[str, str]:
        return websocket_headers(self.apikey, workspace, headers)

    def headers_source(
        self, api_key: ApiKey, headers: Optional[Mapping[str, str]], workspace: Optional[str]
    ) -> Callable[[], dict[str, str]]:
        """Builds the headers when a connection asks for them, with the key of that moment."""
        self.apikey = api_key
        return lambda: self.get_websocket_headers(headers, workspace)

    def get_start_request(self, additional_params: Optional[Mapping[str, Any]] = None) -> str:
        """The ``run-task`` message; ``additional_params`` wins but for ``instruction`` and ``language_hints``."""
        parameters: dict[str, Any] = {
            "voice": self.voice,
            "volume": self.volume,
            "text_type": "PlainText",
            "sample_rate": self.sample_rate,
            "rate": self.speech_rate,
            "format": self.format,
            "pitch": self.pitch_rate,
            "seed": self.seed,
            "type": self.synthesis_type,
        }
        if self.format == "opus":
            parameters["bit_rate"] = self.bit_rate
        parameters.update(additional_params or {})
        if self.instruction is not None:
            parameters["instruction"] = self.instruction
        if self.language_hints is not None:
            parameters["language_hints"] = self.language_hints
        return messages.run_task(self.task_id, self.model, parameters)

    def get_continue_request(self, text: str) -> str:
        return messages.continue_task(self.task_id, self.model, text)

    def get_flush_request(self) -> str:
        return messages.flush_task(self.task_id, self.model)

    def get_finish_request(self, directive: Optional[str] = None) -> str:
        return messages.finish_task(self.task_id, directive)

    # Up to version 1.25 the official names were in camel case, and programs send what these build by themselves.
    getWebsocketHeaders = get_websocket_headers
    getStartRequest = get_start_request
    getContinueRequest = get_continue_request
    getFinishRequest = get_finish_request
