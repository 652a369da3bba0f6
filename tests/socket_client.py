"""A socket opened within this process: speaks ASGI to the application, without a server between."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class SocketClient(ApplicationCommunicator):
    """One connection to an ASGI application."""

    def __init__(self, application: Any, path: str, *, headers: list[tuple[bytes, bytes]], query: bytes = b"") -> None:
        scope = {"type": "websocket", "path": path, "query_string": query, "headers": headers, "subprotocols": []}
        super().__init__(application, scope)

    async def connect(self, within_s: float = 5.0) -> bool:
        """Whether the handshake was accepted."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(within_s)
        return bool(answer["type"] == "websocket.accept")

    async def send_text(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self.send_input({"type": "websocket.receive", "bytes": data})

    async def frame(self, type: str | None = None, within_s: float = 5.0) -> dict[str, Any]:
        """The next frame, or the next of a type."""
        while True:
            message = await self.receive_output(within_s)
            assert message["type"] == "websocket.send", message
            frame: dict[str, Any] = json.loads(message["text"])
            if type is None or frame["type"] == type:
                return frame

    async def close_code(self, within_s: float = 5.0) -> int:
        """The code the other side closes with, whatever it says before."""
        while True:
            message = await self.receive_output(within_s)
            if message["type"] == "websocket.close":
                return int(message["code"])

    async def disconnect(self) -> None:
        await self.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wait(5.0)
