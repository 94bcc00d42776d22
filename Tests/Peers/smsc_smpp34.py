#!/usr/bin/env python3
"""A carrier on smpp34 (Rust core). Ids are hexadecimal; receipts carry receipted_message_id and message_state too.

smpp34's server has no hook for credentials and accepts every bind; it does not show sequence numbers; it closes on
unbind without an unbind_resp; and on a bind_receiver it answers each deliver_sm_resp with a generic_nack
(ESME_RINVCMDID), so only a transceiver can be tried with it. The summary shows null for a sequence number and counts
ends of sessions as unbinds.
"""

import asyncio
import os
import signal

import smpp34

from smsc_common import Account, answer_text, arguments, receipt_text, say, wants_answer

CARRIER_WINDOW = 10  # deliver_sm awaiting their answer at a time


def listening_port():
    """smpp34 does not tell the port it was given; the kernel does."""
    own = set()
    for descriptor in os.listdir("/proc/self/fd"):
        try:
            link = os.readlink(f"/proc/self/fd/{descriptor}")
        except OSError:
            continue
        if link.startswith("socket:["):
            own.add(link[8:-1])
    with open("/proc/self/net/tcp", encoding="ascii") as table:
        for line in list(table)[1:]:
            columns = line.split()
            if columns[3] == "0A" and columns[9] in own:
                return int(columns[1].rsplit(":", 1)[1], 16)
    raise SystemExit("no listening socket")


class Carrier:
    def __init__(self, options):
        self.account = Account("smpp34 1.5.0", options)
        self.options = options
        self.server = smpp34.Server("127.0.0.1", options.port, system_id="smpp34")
        self.sessions = {}
        self.room = asyncio.Semaphore(CARRIER_WINDOW)
        self.tasks = set()
        self.next_id = 0xA0FFE0

    async def run(self):
        await self.server.start()
        say(f"LISTENING {listening_port()}")
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        events = asyncio.create_task(self.serve())
        await stop.wait()
        events.cancel()
        for task in list(self.tasks):
            task.cancel()
        self.account.summary()
        os._exit(0)  # the runtime's threads would be waited for otherwise

    async def serve(self):
        while True:
            event = await self.server.next()
            if isinstance(event, smpp34.Esme):
                self.sessions[event.session_id] = event
                # Its Python side cannot tell a transceiver from a receiver.
                self.account.bound("trx" if event.can_receive else "tx")
            elif isinstance(event, smpp34.SubmitSmEvent):
                self.submitted(event)
            else:
                self.sessions.pop(event.session_id, None)
                self.account.count("unbinds")

    def submitted(self, event):
        message_id = f"{self.next_id:X}"
        self.next_id += 1
        octets = event.short_message
        self.account.submitted(
            event.source_addr, event.destination_addr, octets, event.data_coding, event.esm_class, None, message_id)
        event.accept(message_id)
        task = asyncio.create_task(self.follow_up(event, message_id, octets))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def receiver(self):
        for session in self.sessions.values():
            if session.can_receive:
                return session
        raise ConnectionError("nobody is bound to receive")

    async def deliver(self, event, text, what, **more):
        async with self.room:
            self.account.count(what + "_sent")
            answer = await self.receiver().deliver_sm(
                event.source_addr, text, source_addr=event.destination_addr,
                source_addr_ton=event.dest_addr_ton, source_addr_npi=event.dest_addr_npi,
                dest_addr_ton=event.source_addr_ton, dest_addr_npi=event.source_addr_npi, **more)
            self.account.count(what + "_acknowledged" if answer.is_success else "refused")

    async def follow_up(self, event, message_id, octets):
        try:
            await self.deliver(
                event, receipt_text(message_id, octets), "receipts", esm_class=0x04,
                tlvs=[smpp34.Tlv(smpp34.TLV_RECEIPTED_MESSAGE_ID, message_id.encode() + b"\0"),
                      smpp34.Tlv(smpp34.TLV_MESSAGE_STATE, b"\x02")])
            if not self.options.no_answers and wants_answer(octets, event.esm_class):
                await self.deliver(event, answer_text(event.destination_addr), "answers")
        except Exception as error:  # noqa: BLE001: told in the summary, and the test fails by its counts
            self.account.error(repr(error))


asyncio.run(Carrier(arguments(__doc__)).run())
