"""``dashscope-tts serve`` and ``dashscope-tts voices``"""

from __future__ import annotations

import argparse
import json
import logging
import os
import webbrowser
from typing import Any, Optional

from .problem import Problem

__all__ = ["serve", "voices"]


def serve(arguments: argparse.Namespace) -> int:
    """Run the local speech service until Ctrl-C or SIGTERM."""
    from .. import local
    from ..local.hosts import is_loopback

    if not arguments.api_key and not is_loopback(arguments.host):
        raise Problem(f"--host {arguments.host} lets other machines in; that needs --api-key KEY.")

    def ready(service: Any) -> None:
        print(f"The page to try it out: {service.page_url}")
        print(_how_to(service.url, service.http_url, arguments.api_key), flush=True)
        if arguments.open:
            webbrowser.open(service.page_url)

    if arguments.verbose:
        _show_access_log()

    local.run(
        host=arguments.host, port=arguments.port, api_key=arguments.api_key, strict=arguments.strict, on_ready=ready,
        data_dir=arguments.data, max_sessions=arguments.max_sessions, cors=tuple(arguments.cors),
        **_engine(arguments),
    )  # fmt: skip
    return 0


def _show_access_log() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("dashscope_tts.local")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _engine(arguments: argparse.Namespace) -> dict[str, Any]:
    """Who is to speak."""
    from .self_hosted import SERVER_KEY

    if arguments.engine == "espeak" and not (arguments.upstream or arguments.voices):
        return {}
    urls = [url.strip() for given in arguments.upstream for url in given.split(",") if url.strip()]
    upstream = {
        "token": os.environ.get(SERVER_KEY), "model": arguments.upstream_model, "sample_rate": arguments.upstream_rate
    }  # fmt: skip
    return {"engine": arguments.engine, "upstreams": urls, "voices": arguments.voices, "upstream": upstream}


def _how_to(url: str, http_url: str, api_key: Optional[str]) -> str:
    key = "the key given with --api-key" if api_key else "local"
    note = "" if api_key else "   # any key will do"
    return f"""\
Speaking at {url} (Ctrl-C ends it)

A program is pointed at it from the shell:
    export DASHSCOPE_WEBSOCKET_BASE_URL={url}
    export DASHSCOPE_HTTP_BASE_URL={http_url}
    export DASHSCOPE_API_KEY="{key}"{note}
or in Python:
    import dashscope_tts
    dashscope_tts.base_websocket_api_url = "{url}"
    dashscope_tts.base_http_api_url = "{http_url}"
    dashscope_tts.api_key = "{key}"
A program that imports the official package: the same, with dashscope in place of dashscope_tts."""


def _is_of_model(voice: Any, model: str) -> bool:
    from ..local.voices import suits

    maker = voice.family.partition("-")[0]
    if maker == "sambert":  # whose models are voices
        return str(voice.name).startswith(model)
    return model.startswith(maker) and suits(voice.name, model)


def _speaks(voice: Any, language: str) -> bool:
    return any(language in (code, code.partition("-")[0]) for code in voice.languages)


def voices(arguments: argparse.Namespace) -> int:
    """List the known voices."""
    from ..local.voices import known_voices

    model: Optional[str] = arguments.model
    language: Optional[str] = arguments.language
    found = [
        voice
        for voice in known_voices()
        if (not model or _is_of_model(voice, model)) and (not language or _speaks(voice, language.lower()))
    ]
    if not found:
        asked = " and ".join(
            f"{what} {value}" for what, value in (("model", model), ("language", language)) if value
        )
        raise Problem(f"no voice is listed for {asked}.")
    rows = [(voice.name, voice.family, voice.sex, " ".join(voice.languages), voice.description) for voice in found]
    if arguments.json:
        names = ("name", "family", "sex", "languages", "description")
        items = [{**dict(zip(names, row)), "languages": list(voice.languages)} for row, voice in zip(rows, found)]
        print(json.dumps(items, ensure_ascii=False, indent=1))
        return 0
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    for row in rows:
        print("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths)), row[4]]))
    return 0
