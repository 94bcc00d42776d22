#!/usr/bin/env python3
"""A carrier on smppy, with the interface of smsc_common.py.

smppy knows transceivers alone, gives no message_id (so there are no receipts), reads one PDU of what a TCP segment brings
(so nothing may be sent before the last was answered), and refuses every bind with ESME_RBINDFAIL. It encodes by itself, and
sends long texts by sar_ parameters in parts of 100 octets.
"""

import asyncio
import logging
import os
import signal
import sys

sys.path.insert(0, os.path.join(sys.prefix, "smppy"))

import smppy  # noqa: E402
import smppy.server  # noqa: E402

from esme_common import commands, flood  # noqa: E402
from smsc_common import Account, answer_text, arguments, say  # noqa: E402

options = arguments(__doc__)
account = Account("smppy 0.3.2", options)


def plain(value):
    """Its octets are sometimes str."""
    return value if isinstance(value, str) else value.decode("latin-1")


class Protocol(smppy.server.SmppProtocol):
    """Tells of answers, and of sessions that end."""

    async def on_deliver_sm_resp(self, request):
        for what in self.app.sent[:1]:
            self.app.sent.pop(0)
            account.count(what + "_acknowledged")
        self.app.answered.set()


smppy.server.SmppProtocol = Protocol


class Carrier(smppy.Application):
    def __init__(self):
        super().__init__("smppy", logging.getLogger("smppy"))
        self.client, self.sent, self.queue, self.answered = None, [], asyncio.Queue(), asyncio.Event()

    async def handle_bound_client(self, client):
        name = (plain(client.system_id), plain(client.password))
        if name != (options.system_id, options.password):
            say("REFUSED 13")
            return None
        self.client = client
        account.bound("trx")
        return client

    async def handle_unbound_client(self, client):
        account.count("unbinds")

    async def handle_sms_received(self, client, source_number, dest_number, text):
        source, destination, text = plain(source_number), plain(dest_number), plain(text)
        account.facts["submits"].append({
            "from": source, "to": destination, "text": text, "octets": "", "data_coding": 0, "esm_class": 0,
            "sequence": None, "message_id": ""})
        account.check()
        if not options.no_answers and not options.no_receipts:
            self.queue.put_nowait(("answers", destination, source, answer_text(destination).decode()))

    async def write(self):
        """One at a time: our answer to a text may come in one segment with a submit_sm, of which it reads the first."""
        while True:
            what, source, destination, text = await self.queue.get()
            self.answered.clear()
            self.sent.append(what)
            account.count(what + "_sent")
            await self.client.send_sms(source=source, dest=destination, text=text)
            await self.answered.wait()

    def command(self, word, order):
        if word == "text":
            self.queue.put_nowait(("texts", order["from"], order["to"], order["text"]))
        elif word == "flood":
            for one in flood(order):
                self.command("text", one)
        elif word == "expect":
            account.expect(order)
        elif word != "quit":
            say("UNABLE " + word)


async def run():
    carrier = Carrier()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Protocol(app=carrier), host="127.0.0.1", port=options.port)
    say(f"LISTENING {server.sockets[0].getsockname()[1]}")
    commands(lambda *line: loop.call_soon_threadsafe(carrier.command, *line))
    writer = asyncio.create_task(carrier.write())
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    writer.cancel()
    account.summary()


logging.disable(logging.CRITICAL)
asyncio.run(run())
