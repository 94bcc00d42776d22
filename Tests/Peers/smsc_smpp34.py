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

from esme_common import CODINGS, commands, flood, parts
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
        self.reference = 0
        self.holding, self.held = False, []

    async def run(self):
        await self.server.start()
        say(f"LISTENING {listening_port()}")
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        events = asyncio.create_task(self.serve())
        loop = asyncio.get_running_loop()
        commands(lambda *line: loop.call_soon_threadsafe(self.command, *line))
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
        tags = {tlv.tag: tlv.value for tlv in event.tlvs}
        octets = event.short_message or tags.get(smpp34.TLV_MESSAGE_PAYLOAD, b"")
        sar = [tags.get(tag) for tag in (
            smpp34.TLV_SAR_MSG_REF_NUM, smpp34.TLV_SAR_TOTAL_SEGMENTS, smpp34.TLV_SAR_SEGMENT_SEQNUM)]
        self.account.submitted(
            event.source_addr, event.destination_addr, octets, event.data_coding, event.esm_class, None, message_id,
            None if None in sar else [int.from_bytes(value, "big") for value in sar])
        if self.holding:
            self.held.append((event, message_id))
        else:
            event.accept(message_id)
        if not self.options.no_receipts:
            self.start(self.follow_up(event, message_id, octets))

    def start(self, work):
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def command(self, word, order):
        if word == "text":
            self.reference += 1
            self.start(self.text(order, self.reference))
        elif word == "flood":
            for one in flood(order):
                self.start(self.text(one, 0))
        elif word == "hold":
            self.holding = True
        elif word == "release":
            self.holding = False
            say(f"RELEASED {len(self.held)}")
            for event, message_id in self.held:
                event.accept(message_id)
            self.held = []
        elif word == "unbind":
            self.start(self.unbind())
        elif word == "expect":
            self.account.expect(order)
        elif word != "quit":
            say("UNABLE " + word)

    async def unbind(self):
        for session in list(self.sessions.values()):
            await session.unbind()
        say("UNBOUND")

    async def text(self, order, reference):
        """A phone writes."""
        for octets, esm_class, sar in parts(order, reference):
            tlvs = []
            if sar:
                tlvs = [smpp34.Tlv(smpp34.TLV_SAR_MSG_REF_NUM, sar[0].to_bytes(2, "big")),
                        smpp34.Tlv(smpp34.TLV_SAR_TOTAL_SEGMENTS, bytes([sar[1]])),
                        smpp34.Tlv(smpp34.TLV_SAR_SEGMENT_SEQNUM, bytes([sar[2]]))]
            if order["long"] == "payload":
                tlvs, octets = [smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, octets)], b""
            try:
                async with self.room:
                    self.account.count("texts_sent")
                    answer = await self.receiver().deliver_sm(
                        order["to"], octets, source_addr=order["from"], source_addr_ton=1, source_addr_npi=1,
                        dest_addr_ton=1, dest_addr_npi=1, esm_class=esm_class, data_coding=CODINGS[order["coding"]],
                        tlvs=tlvs)
                    self.account.count("texts_acknowledged" if answer.is_success else "refused")
            except Exception as error:  # noqa: BLE001: told in the summary, and the test fails by its counts
                self.account.error(repr(error))

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
