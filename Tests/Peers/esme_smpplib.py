#!/usr/bin/env python3
"""A client on smpplib, to try the carriers here against something that is not ours either.

Sends --count messages, waits for a receipt and an answer to each, prints what it saw as one JSON line.
With --pair it binds a transmitter and a receiver instead of a transceiver.
"""

import argparse
import json
import re
import selectors
import sys

import smpplib.client
import smpplib.consts
import smpplib.gsm

options = argparse.ArgumentParser(description=__doc__)
options.add_argument("--port", type=int, required=True)
options.add_argument("--count", type=int, default=20)
options.add_argument("--pair", action="store_true")
options.add_argument("--system-id", default="tollgate")
options.add_argument("--password", default="secret")
options = options.parse_args()

ids, receipts, answers = {}, {}, {}


def connected(kind):
    client = smpplib.client.Client("127.0.0.1", options.port, allow_unknown_opt_params=True, timeout=20)
    client.connect()
    getattr(client, "bind_" + kind)(system_id=options.system_id, password=options.password)
    return client


def answered(pdu):
    if pdu.command == "submit_sm_resp":
        ids[pdu.message_id.decode()] = pdu.sequence


def received(pdu):
    text = pdu.short_message.decode("latin-1")
    if pdu.esm_class & 0x3C == 0x04:
        receipts[re.match(r"id:(\S+)", text).group(1)] = text
    else:
        answers[pdu.source_addr.decode()] = text
    return 0


if options.pair:
    transmitter, receiver = connected("transmitter"), connected("receiver")
else:
    transmitter = receiver = connected("transceiver")
transmitter.set_message_sent_handler(answered)
receiver.set_message_received_handler(received)
selector = selectors.DefaultSelector()
for client in {transmitter, receiver}:
    selector.register(client._socket, selectors.EVENT_READ, client)

for n in range(options.count):
    transmitter.send_message(
        source_addr_ton=smpplib.consts.SMPP_TON_INTL, source_addr_npi=smpplib.consts.SMPP_NPI_ISDN,
        source_addr="18885550100", dest_addr_ton=smpplib.consts.SMPP_TON_INTL,
        dest_addr_npi=smpplib.consts.SMPP_NPI_ISDN, destination_addr=f"1202555{n:04d}",
        short_message=f"Hello {n:04d}".encode(), registered_delivery=True, user_message_reference=n)
while len(answers) < options.count or len(receipts) < options.count:
    ready = selector.select(timeout=20)
    if not ready:
        break
    for key, _ in ready:
        key.data.read_once(ignore_error_codes=[], auto_send_enquire_link=False)
try:
    for client in {transmitter, receiver}:
        client.unbind()
except smpplib.exceptions.ConnectionError:
    pass  # smpp34 closes instead of answering
right = all(text == f"Answer from {contact[-4:]}" for contact, text in answers.items())
print(json.dumps({"ids": len(ids), "receipts": len(receipts), "matched": len(set(ids) & set(receipts)),
                  "answers": len(answers), "right": right}))
sys.exit(0 if right and len(set(ids) & set(receipts)) == len(answers) == options.count else 1)
