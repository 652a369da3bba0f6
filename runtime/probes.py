"""Short questions to a server: can you work? Each answers within about a second and never raises."""

import http.client
import socket
import struct

TIMEOUT_S = 1.0


def http_ok(*, port: int, path: str, host: str = "127.0.0.1", timeout_s: float = TIMEOUT_S) -> bool:
    """Whether a GET answers 200."""
    connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def redis_ok(*, port: int, password: str) -> bool:
    """Whether Redis has loaded its data and answers PING."""
    command = b"AUTH " + password.encode() + b"\r\nPING\r\n"
    return b"+PONG" in _ask(port=port, message=command, until=b"+PONG\r\n")


def postgres_ok(*, port: int) -> bool:
    """Whether PostgreSQL takes connections: it asks for a password instead of saying that it is still starting."""
    parameters = b"user\0postgres\0database\0postgres\0\0"
    message = struct.pack("!ii", len(parameters) + 8, 196608) + parameters
    return _ask(port=port, message=message, until=b"R")[:1] == b"R"


def _ask(*, port: int, message: bytes, until: bytes) -> bytes:
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S) as connection:
            connection.sendall(message)
            while until not in answer and len(answer) < 4096:
                part = connection.recv(4096)
                if not part:
                    break
                answer += part
    except OSError:
        pass
    return answer
