"""A way for containers to servers that listen on this machine's loopback alone."""

import contextlib
import socket
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

Address = tuple[str, int]


class Relay:
    """Passes connections to `listen` on to `target`, from its making until `stop`. Raises OSError."""

    def __init__(self, listen: Address, target: Address) -> None:
        self._server = _Server(listen, target)
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        """Closes what is open, also where a client's end of it vanished without a word."""
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    allow_reuse_address = True

    def __init__(self, listen: Address, target: Address) -> None:
        self.target = target
        self._clients: list[socket.socket] = []
        super().__init__(listen, _Handler)

    def get_request(self) -> tuple[socket.socket, Address]:
        client, address = super().get_request()
        self._clients.append(client)
        return client, address

    def hang_up(self) -> None:
        for client in self._clients:
            _end(client)


class _Handler(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        try:
            target = socket.create_connection(self.server.target, timeout=10)
        except OSError:
            return
        with target:
            target.settimeout(None)
            back = Thread(target=_pass_on, args=(target, self.request))
            back.start()
            _pass_on(self.request, target)
            back.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    # Neither AMQP nor HTTP nor MongoDB's protocol has use for half of a connection.
    _end(source)
    _end(sink)


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
