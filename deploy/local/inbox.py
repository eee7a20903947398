#!/usr/bin/python3
"""An SMTP relay that keeps every mail as files, and misbehaves when a recipient's name asks for it.

A mail arrives as <n>.eml (the bytes after DATA) and <n>.json (envelope, accept_time, client), n counting
from 1. The .json is renamed into place last, before the 250 is sent: whoever sees it sees a whole mail.

Words in a recipient's local part, separated by '.', '+', '-' or '_':
  defer      451 at RCPT              defer-data     451 after the final dot
  refuse     550 at RCPT              refuse-data    550 after the final dot
  defer1     451 at RCPT for the first N mails to this address (here 1), then accepted: greylisting
  hang       no answer to RCPT        hang-data      no answer after the final dot, the mail is kept
  drop-data  connection closed after the final dot, the mail is kept
  slow       every answer to RCPT takes one second
"""

import argparse
import asyncio
import email.utils
import json
import logging
import os
import pathlib
import re
import signal
import time

from aiosmtpd.smtp import SMTP

HANG_SECONDS = 3600


class Inbox:
    """Keeps mails in a folder; one instance serves all connections."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        taken = [int(p.stem) for p in folder.glob("*.json") if p.stem.isdigit()]
        self.count = max(taken, default=0)
        self.deferred = {}

    async def handle_RCPT(self, server, session, envelope, address, options):
        words = wishes(address)
        if "slow" in words:
            await asyncio.sleep(1)
        if "hang" in words:
            await asyncio.sleep(HANG_SECONDS)
        if "defer" in words or self.still_greylisted(address, words):
            return "451 4.2.0 mailbox busy, try again later"
        if "refuse" in words:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server, session, envelope):
        words = set().union(*(wishes(address) for address in envelope.rcpt_tos))
        if "defer-data" in words:
            return "451 4.3.0 try again later"
        if "refuse-data" in words:
            return "550 5.7.1 refused by content"
        name = self.keep(envelope, session.peer)
        if "hang-data" in words:
            await asyncio.sleep(HANG_SECONDS)
        if "drop-data" in words:
            server.transport.abort()
        return f"250 2.0.0 kept as {name}"

    def still_greylisted(self, address, words):
        limits = [int(m[1]) for w in words if (m := re.fullmatch(r"defer(\d+)", w))]
        seen = self.deferred.get(address, 0)
        self.deferred[address] = seen + 1
        return bool(limits) and seen < limits[0]

    def keep(self, envelope, peer):
        self.count += 1
        name = str(self.count)
        (self.folder / f"{name}.eml").write_bytes(envelope.original_content)
        facts = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "accept_time": email.utils.formatdate(time.time()),
            "accept_time_ms": time.time_ns() // 1_000_000,
            "client": f"{peer[0]}:{peer[1]}",
        }
        unfinished = self.folder / f".{name}.json"
        unfinished.write_text(json.dumps(facts) + "\n")
        os.rename(unfinished, self.folder / f"{name}.json")
        return name


def wishes(address):
    local = address.rpartition("@")[0].lower()
    words = set(re.split(r"[.+_-]", local))
    return words | set(re.findall(r"(?:defer|refuse|hang|drop)-data", local))


async def serve(folder, host, port):
    loop = asyncio.get_running_loop()
    inbox = Inbox(folder)
    server = await loop.create_server(
        lambda: SMTP(inbox, hostname="inbox.invalid", enable_SMTPUTF8=True, loop=loop), host, port)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    print(f"keeping mails for {host}:{server.sockets[0].getsockname()[1]} in {folder}", flush=True)
    await stopped.wait()
    server.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    asyncio.run(serve(arguments.folder, arguments.host, arguments.port))


if __name__ == "__main__":
    main()
