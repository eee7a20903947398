"""A TCP link that can be made slow, cut, or cut again and again: what lies between a service and Redis or the relay.

  link = Link("127.0.0.1:6379")      # listens on link.address
  link.delay = 0.3                   # seconds that each piece of data waits, both ways
  link.reset()                       # ends all connections with RST
"""

import asyncio
import contextlib
import socket
import struct
import threading

PIECE = 64 * 1024


class Link:
    def __init__(self, target):
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._writers = set()
        self._loop = asyncio.new_event_loop()
        self.delay = 0.0
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def reset(self):
        done = threading.Event()

        def cut():
            for writer in self._writers:
                # Unsent data is thrown away and the other side reads "connection reset".
                end = writer.get_extra_info("socket")
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            done.set()

        self._loop.call_soon_threadsafe(cut)
        done.wait(10)

    def close(self):
        self.reset()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._server.close()

    async def _serve(self, reader, writer):
        with contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._writers |= {writer, far_writer}
            try:
                await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
            finally:
                self._writers -= {writer, far_writer}
                far_writer.transport.abort()
        writer.transport.abort()

    async def _pass(self, reader, writer):
        with contextlib.suppress(OSError):
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
