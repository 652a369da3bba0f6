"""An ASGI application of one page: it says which process answers, after as long as `?seconds=` asks for."""

import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    if Path("broken").exists():
        raise ImportError("half-written code")
    seconds = float(parse_qs(scope["query_string"].decode()).get("seconds", ["0"])[0])
    await asyncio.sleep(seconds)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
