#!/usr/bin/env python3
"""A client on smpp34 (Rust core); esme_common.py tells what it takes and says.

Its core answers deliver_sm and enquire_link by itself, and has no word for asking; a refused bind is told as a time-out.
"""

import asyncio
import os

import smpp34

from esme_common import CODINGS, KINDS, Account, arguments, commands, flood, parts, receipt_fields, say

options = arguments(__doc__)
account = Account("smpp34 1.5.0")
sessions, clients = {}, []


def tag(tlvs, wanted):
    return next((tlv.value for tlv in tlvs if tlv.tag == wanted), None)


async def listen(kind, session):
    while True:
        event = await session.next()
        if not isinstance(event, smpp34.DeliverSmEvent):
            if sessions.pop(kind, None):
                say("UNBOUND BY PEER")
            return
        octets = event.short_message or tag(event.tlvs, smpp34.TLV_MESSAGE_PAYLOAD) or b""
        source, destination = event.source_addr, event.destination_addr
        if event.esm_class & 0x3C == 0x04:
            account.receipt(*receipt_fields(octets), source, destination, octets.decode("latin-1"))
            continue
        sar = [tag(event.tlvs, wanted) for wanted in (
            smpp34.TLV_SAR_MSG_REF_NUM, smpp34.TLV_SAR_TOTAL_SEGMENTS, smpp34.TLV_SAR_SEGMENT_SEQNUM)]
        account.text(source, destination, octets=octets.hex(), data_coding=event.data_coding,
                     esm_class=event.esm_class,
                     sar=None if None in sar else [int.from_bytes(value, "big") for value in sar])


async def submit(order, octets, esm_class, sar):
    session = sessions.get("transceiver") or sessions["transmitter"]
    tlvs = []
    if sar:
        tlvs = [smpp34.Tlv(smpp34.TLV_SAR_MSG_REF_NUM, sar[0].to_bytes(2, "big")),
                smpp34.Tlv(smpp34.TLV_SAR_TOTAL_SEGMENTS, bytes([sar[1]])),
                smpp34.Tlv(smpp34.TLV_SAR_SEGMENT_SEQNUM, bytes([sar[2]]))]
    if order["long"] == "payload":
        tlvs, octets = [smpp34.Tlv(smpp34.TLV_MESSAGE_PAYLOAD, octets)], b""
    answer = await session.submit_sm(
        order["to"], octets, source_addr=order["from"], source_addr_ton=1, source_addr_npi=1, dest_addr_ton=1,
        dest_addr_npi=1, esm_class=esm_class, registered_delivery=int(order["receipt"]),
        data_coding=CODINGS[order["coding"]], tlvs=tlvs)
    account.answered(order["from"], answer.message_id or "", answer.command_status)


async def send(order, reference):
    try:
        await asyncio.gather(*(submit(order, *part) for part in parts(order, reference)))
    except Exception as error:  # noqa: BLE001: told in the summary, and the test fails by its counts
        account.error(repr(error))


async def pour(order):
    room = asyncio.Semaphore(order.get("window", 10))

    async def one(text):
        async with room:
            await send(text, 0)

    await asyncio.gather(*(one(text) for text in flood(order)))


async def bind():
    for kind in options.kinds:
        client = smpp34.Client(
            "127.0.0.1", options.port, options.system_id, options.password, bind_type=KINDS[kind].upper(), window_size=100)
        clients.append(client)
        try:
            session = await client.connect()
        except Exception:  # noqa: BLE001: it has one kind of failure for all of them
            account.refused(kind, -1)
            continue
        sessions[kind] = session
        account.bound(kind)
        tasks.append(asyncio.create_task(listen(kind, session)))


tasks = []


async def run():
    queue = asyncio.Queue()
    loop = asyncio.get_running_loop()
    commands(lambda *command: loop.call_soon_threadsafe(queue.put_nowait, command))
    reference = 0
    while True:
        word, order = await queue.get()
        if word == "bind":
            await bind()
        elif word == "send":
            reference += 1
            tasks.append(asyncio.create_task(send(order, reference)))
        elif word == "flood":
            tasks.append(asyncio.create_task(pour(order)))
        elif word == "expect":
            account.expect(order)
        elif word == "unbind":
            ending = list(sessions.values())
            sessions.clear()
            for session in ending:
                await session.unbind()
            say("UNBOUND")
        elif word == "quit":
            account.summary()
            os._exit(0)  # the runtime's threads would be waited for otherwise
        else:
            say("UNABLE " + word)


asyncio.run(run())
