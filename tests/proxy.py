"""A TCP proxy that can turn bad while it runs: pass, blackhole (takes everything, gives nothing), drip (slowly), FIN."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from typing import Literal, Self

Mode = Literal["pass", "blackhole", "drip", "fin"]


class Proxy:
    """`with Proxy(port) as proxy: ... proxy.mode = "blackhole"`; counts bytes from the server in `carried`."""

    def __init__(self, to_port: int) -> None:
        self.mode: Mode = "pass"
        self.turn_after: tuple[int, Mode] | None = None
        """Turn to a mode once so many bytes came from the server."""
        self.turned_away = 0
        """So many connections are still closed as soon as they come."""
        self.carried = 0
        self.accepted = 0
        self._to = to_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._closed = False

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed = True
        for sock in self._sockets:
            _close(sock)
        for thread in self._threads:
            thread.join(5)

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # any callable
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            if self.turned_away > 0:
                self.turned_away -= 1
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._to))
            self._sockets += [near, far]
            self._run(self._carry, near, far, False)
            self._run(self._carry, far, near, True)

    def _carry(self, source: socket.socket, sink: socket.socket, from_server: bool) -> None:
        try:
            source.settimeout(0.05)
        except OSError:
            return  # Closed by the other direction already.
        while not self._closed:
            if self.mode == "fin":
                break
            try:
                data = source.recv(64 if self.mode == "drip" else 65536)
            except TimeoutError:
                continue
            except OSError:
                break
            if not data:
                break
            if from_server:
                self.carried += len(data)
                if self.turn_after is not None and self.carried >= self.turn_after[0]:
                    self.mode, self.turn_after = self.turn_after[1], None
            if self.mode == "drip":
                time.sleep(0.05)
            if self.mode != "blackhole":
                try:
                    sink.sendall(data)
                except OSError:
                    break
        _close(source)
        _close(sink)


def _close(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
    sock.close()
