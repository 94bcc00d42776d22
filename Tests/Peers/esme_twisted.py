#!/usr/bin/env python3
"""A client on smpp.twisted3 and smpp.pdu3; esme_common.py tells what it takes and says.

smpp.pdu3 cannot encode message_payload once a bind_resp with sc_interface_version was read, so long texts go by UDH and
by sar_ parameters.
"""

import logging
import warnings

warnings.simplefilter("ignore")  # Twisted misses a module that only TLS would need

from twisted.internet import defer, reactor

from smpp.pdu.error import SMPPTransactionError
from smpp.pdu.operations import DataSM, DeliverSM, EnquireLink, SubmitSM
from smpp.pdu.pdu_encoding import CommandStatusEncoder, DataCodingEncoder, EsmClassEncoder
from smpp.pdu.pdu_types import (
    AddrNpi, AddrTon, DataCoding, DataCodingDefault, EsmClass, EsmClassGsmFeatures, EsmClassMode, EsmClassType,
    RegisteredDelivery, RegisteredDeliveryReceipt)
from smpp.twisted.client import SMPPClientReceiver, SMPPClientTransceiver, SMPPClientTransmitter
from smpp.twisted.config import SMPPClientConfig

from esme_common import Account, arguments, commands, flood, parts, receipt_fields, say

CLIENTS = {"transceiver": SMPPClientTransceiver, "transmitter": SMPPClientTransmitter, "receiver": SMPPClientReceiver}
CODINGS = {"gsm": DataCodingDefault.SMSC_DEFAULT_ALPHABET, "latin1": DataCodingDefault.LATIN_1,
           "ucs2": DataCodingDefault.UCS2}
RECEIPT = RegisteredDelivery(RegisteredDeliveryReceipt.SMSC_DELIVERY_RECEIPT_REQUESTED)
NO_RECEIPT = RegisteredDelivery(RegisteredDeliveryReceipt.NO_SMSC_DELIVERY_RECEIPT_REQUESTED)
PLAIN = EsmClass(EsmClassMode.DEFAULT, EsmClassType.DEFAULT)
WITH_HEADER = EsmClass(EsmClassMode.DEFAULT, EsmClassType.DEFAULT, [EsmClassGsmFeatures.UDHI_INDICATOR_SET])


def status_of(error):
    return int.from_bytes(CommandStatusEncoder().encode(error.response.status), "big")


def received(session, pdu):
    octets = pdu.params.get("short_message") or pdu.params.get("message_payload") or b""
    source, destination = pdu.params["source_addr"].decode(), pdu.params["destination_addr"].decode()
    esm_class = EsmClassEncoder().encode(pdu.params["esm_class"])[0]
    if esm_class & 0x3C == 0x04:
        account.receipt(*receipt_fields(octets), source, destination, octets.decode("latin-1"))
    elif isinstance(pdu, (DeliverSM, DataSM)):
        sar = [pdu.params.get(name) for name in ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")]
        account.text(source, destination, octets=octets.hex(), esm_class=esm_class,
                     data_coding=DataCodingEncoder().encode(pdu.params["data_coding"])[0],
                     sar=None if None in sar else sar)
    if holding:
        answer = defer.Deferred()
        held.append(answer)
        return answer
    return None


@defer.inlineCallbacks
def bind():
    for kind in options.kinds:
        config = SMPPClientConfig(
            host="127.0.0.1", port=options.port, username=options.system_id, password=options.password,
            enquireLinkTimerSecs=600)
        client = CLIENTS[kind](config) if kind == "transmitter" else CLIENTS[kind](config, received)
        try:
            session = yield client.connectAndBind()
        except SMPPTransactionError as error:
            account.refused(kind, status_of(error))
            continue
        except Exception as error:  # noqa: BLE001: told in the summary
            account.error(repr(error))
            account.refused(kind, -1)
            continue
        sessions[kind] = session
        session.getDisconnectedDeferred().addCallback(disconnected, kind)
        account.bound(kind)


def disconnected(result, kind):
    if sessions.pop(kind, None) is not None:
        say("UNBOUND BY PEER")
    return result


@defer.inlineCallbacks
def send(order, reference=0):
    session = sessions.get("transceiver") or sessions["transmitter"]
    answers = []
    for octets, esm_class, sar in parts(order, reference):
        more = {}
        if sar:
            more = dict(zip(("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum"), sar))
        text = {"message_payload": octets} if order["long"] == "payload" else {"short_message": octets}
        answers.append(session.sendDataRequest(SubmitSM(
            source_addr=order["from"], source_addr_ton=AddrTon.INTERNATIONAL, source_addr_npi=AddrNpi.ISDN,
            destination_addr=order["to"], dest_addr_ton=AddrTon.INTERNATIONAL, dest_addr_npi=AddrNpi.ISDN,
            esm_class=WITH_HEADER if esm_class else PLAIN, data_coding=DataCoding(schemeData=CODINGS[order["coding"]]),
            registered_delivery=RECEIPT if order["receipt"] else NO_RECEIPT, **text, **more)))
    for answer in answers:
        try:
            result = yield answer
            account.answered(order["from"], (result.response.params.get("message_id") or b"").decode())
        except SMPPTransactionError as error:
            account.answered(order["from"], "", status_of(error))
        except Exception as error:  # noqa: BLE001: told in the summary, and the test fails by its counts
            account.error(repr(error))


@defer.inlineCallbacks
def pour(order):
    room = defer.DeferredSemaphore(order.get("window", 10))
    yield defer.gatherResults([room.run(send, text) for text in flood(order)])


@defer.inlineCallbacks
def unbind():
    ending = list(sessions.values())
    sessions.clear()
    for session in ending:
        try:
            yield session.unbindAndDisconnect()
        except Exception as error:  # noqa: BLE001: told in the summary
            account.error(repr(error))
    say("UNBOUND")


@defer.inlineCallbacks
def enquire():
    for session in list(sessions.values()):
        yield session.sendRequest(EnquireLink(), 10)
    say("ENQUIRED")


def command(word, order):
    global holding, reference
    if word == "bind":
        bind()
    elif word == "send":
        reference += 1
        send(order, reference)
    elif word == "flood":
        pour(order)
    elif word == "enquire":
        enquire()
    elif word == "hold":
        holding = True
    elif word == "release":
        holding = False
        say(f"RELEASED {len(held)}")
        while held:
            held.pop(0).callback(None)
    elif word == "expect":
        account.expect(order)
    elif word == "unbind":
        unbind()
    else:
        account.summary()
        reactor.stop()


logging.disable(logging.CRITICAL)

options = arguments(__doc__)
account = Account("smpp.twisted3 0.8")
sessions, held, holding, reference = {}, [], False, 0
commands(lambda *line: reactor.callFromThread(command, *line))
reactor.run()
