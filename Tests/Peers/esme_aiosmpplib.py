#!/usr/bin/env python3
"""A client on aiosmpplib; esme_common.py tells what it takes and says.

It has no way to ask enquire_link at will, takes its unbind for done when it is written, and binds again by itself when
the other side unbinds. Its splitting for sar_ parameters ends in an exception, so long texts go by UDH and in
message_payload; those it takes are put together by itself.
"""

import asyncio

from aiosmpplib import ESME, NPI, TON, BindMode, DeliverSm, PhoneNumber, SubmitSm, SubmitSmResp
from aiosmpplib.hook import AbstractHook
from aiosmpplib.protocol import EnquireLink, EnquireLinkResp, Unbind
from aiosmpplib.retrytimer import AbstractRetryTimer

from esme_common import Account, arguments, commands, flood, receipt_fields, say

# latin_1 is what it calls data_coding 3, ucs2 8; None its default alphabet, GSM 03.38.
ENCODINGS = {"gsm": None, "latin1": "latin_1", "ucs2": "ucs2"}


class Never(AbstractRetryTimer):
    """Does not bind again: what ended has ended."""

    def reset(self):
        pass

    def next_delay(self):
        return 3600.0

    async def wait(self):
        await asyncio.sleep(3600)


class Hook(AbstractHook):
    def __init__(self, kind):
        self.kind = kind

    async def sending(self, smpp_message, pdu, client_id):
        pass

    async def send_error(self, smpp_message, error, client_id):
        account.error(repr(error))

    async def received(self, smpp_message, pdu, client_id):
        status = int.from_bytes(pdu[8:12], "big")
        if pdu[4:8] in (b"\x80\0\0\x09", b"\x80\0\0\x02", b"\x80\0\0\x01"):
            if status:
                account.refused(self.kind, status)
            else:
                account.bound(self.kind)
        elif isinstance(smpp_message, SubmitSmResp) or pdu[4:8] == b"\x80\0\0\x04":
            # Of a long text only the last answer comes as an object; the octets come each time.
            message_id = pdu[16:].split(b"\0")[0].decode()
            account.answered(sources.pop(0) if sources else "", message_id, status)
            room.release()
        elif isinstance(smpp_message, DeliverSm):
            source, destination = smpp_message.source.number, smpp_message.destination.number
            text = smpp_message.short_message or smpp_message.message_payload
            if smpp_message.is_receipt():
                account.receipt(*receipt_fields(text.encode("latin-1", "replace")), source, destination, text)
            else:
                account.text(source, destination, text=text)
            await released.wait()
        elif pdu[4:8] == b"\0\0\0\x05":
            await released.wait()  # a part of a long text
        elif isinstance(smpp_message, EnquireLink):
            account.enquired()
        elif isinstance(smpp_message, EnquireLinkResp):
            say("ENQUIRED")
        elif isinstance(smpp_message, Unbind):
            say("UNBOUND BY PEER")


async def send(order):
    message = SubmitSm(
        short_message=order["text"], source=PhoneNumber(order["from"], TON.INTERNATIONAL, NPI.ISDN),
        destination=PhoneNumber(order["to"], TON.INTERNATIONAL, NPI.ISDN), encoding=ENCODINGS[order["coding"]],
        registered_delivery=int(order["receipt"]), log_id=order["from"],
        auto_message_payload=order["long"] != "udh", esm_class=0x40 if order["long"] == "udh" else 0)
    sources.append(order["from"])
    await sender.broker.enqueue(message)


async def run():
    global sender
    queue = asyncio.Queue()
    loop = asyncio.get_running_loop()
    commands(lambda *command: loop.call_soon_threadsafe(queue.put_nowait, command))
    released.set()
    esmes, tasks = [], []
    while True:
        word, order = await queue.get()
        if word == "bind":
            for kind in options.kinds:
                esme = ESME(
                    "127.0.0.1", options.port, options.system_id, options.password,
                    bind_mode=BindMode[kind.upper()], hook=Hook(kind), log_level="CRITICAL", retry_timer=Never(),
                    default_encoding="gsm0338")
                esmes.append(esme)
                if kind != "receiver":
                    sender = esme
                tasks.append(asyncio.create_task(esme.start()))
                await asyncio.sleep(0)
        elif word == "send":
            await send(order)
        elif word == "flood":
            async def pour(order=order):
                for one in flood(order):
                    await room.acquire()
                    await send(one)
            tasks.append(asyncio.create_task(pour()))
        elif word == "hold":
            released.clear()
        elif word == "release":
            say("RELEASED 1")  # it reads nothing more while one is kept back
            released.set()
        elif word == "expect":
            account.expect(order)
        elif word == "unbind":
            for esme in esmes:
                await esme.stop()
            say("UNBOUND")
        elif word == "quit":
            account.summary()
            for task in tasks:
                task.cancel()
            return
        else:
            say("UNABLE " + word)


options = arguments(__doc__)
account = Account("aiosmpplib 0.7.4")
sender, sources = None, []
released = asyncio.Event()
room = asyncio.Semaphore(10)
asyncio.run(run())
