#!/usr/bin/env python3
"""A carrier on smpp.twisted3 and smpp.pdu3. Ids are decimal; receipts are text alone, without TLVs."""

from twisted.cred import checkers, portal
from twisted.internet import defer, reactor
from zope.interface import implementer

from smpp.pdu.operations import DeliverSM, EnquireLink
from smpp.pdu.pdu_encoding import DataCodingEncoder, EsmClassEncoder
from smpp.pdu.pdu_types import (
    AddrNpi, AddrTon, CommandStatus, DataCoding, DataCodingDefault, EsmClass, EsmClassGsmFeatures, EsmClassMode,
    EsmClassType)
from smpp.twisted.config import SMPPServerConfig
from smpp.twisted.protocol import DataHandlerResponse
from smpp.twisted.server import SMPPServerFactory

from esme_common import commands, flood, parts
from smsc_common import Account, answer_text, arguments, receipt_text, say, wants_answer

CARRIER_WINDOW = 10  # deliver_sm awaiting their answer at a time


@implementer(portal.IRealm)
class Realm:
    def requestAvatar(self, avatar_id, mind, *interfaces):
        return interfaces[0], avatar_id, lambda: None


class Factory(SMPPServerFactory):
    kinds = {"bind_transceiver": "trx", "bind_transmitter": "tx", "bind_receiver": "rx"}

    def addBoundConnection(self, connection):
        super().addBoundConnection(connection)
        account.bound(self.kinds[connection.bind_type.name])

    def removeConnection(self, connection):
        if connection.system_id is not None:
            account.count("unbinds")
        super().removeConnection(connection)


def submitted(system_id, session, pdu):
    octets = pdu.params.get("short_message") or pdu.params.get("message_payload") or b""
    sar = [pdu.params.get(name) for name in ("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum")]
    coding = DataCodingEncoder().encode(pdu.params["data_coding"])[0]
    esm_class = EsmClassEncoder().encode(pdu.params["esm_class"])[0]
    message_id = str(7000000000 + len(account.facts["submits"]))
    account.submitted(
        pdu.params["source_addr"].decode("latin-1"), pdu.params["destination_addr"].decode("latin-1"), octets,
        coding, esm_class, pdu.seqNum, message_id, None if None in sar else sar)
    if not options.no_receipts:
        reactor.callLater(0, follow_up, system_id, pdu, octets, esm_class, message_id)
    response = DataHandlerResponse(CommandStatus.ESME_ROK, message_id=message_id.encode())
    if not holding:
        return response
    answer = defer.Deferred()
    held.append((answer, response))
    return answer


@defer.inlineCallbacks
def deliver(system_id, submit, text, what, **more):
    yield room.acquire()
    try:
        session = factory.getBoundConnections(system_id).getNextBindingForDelivery()
        params = submit.params
        account.count(what + "_sent")
        yield session.sendDataRequest(DeliverSM(
            source_addr=params["destination_addr"], source_addr_ton=params["dest_addr_ton"],
            source_addr_npi=params["dest_addr_npi"], destination_addr=params["source_addr"],
            dest_addr_ton=params["source_addr_ton"], dest_addr_npi=params["source_addr_npi"],
            short_message=text, **more))
        account.count(what + "_acknowledged")
    finally:
        room.release()


@defer.inlineCallbacks
def follow_up(system_id, submit, octets, esm_class, message_id):
    try:
        yield deliver(
            system_id, submit, receipt_text(message_id, octets), "receipts",
            esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.SMSC_DELIVERY_RECEIPT))
        if not options.no_answers and wants_answer(octets, esm_class):
            contact = submit.params["destination_addr"].decode("latin-1")
            yield deliver(system_id, submit, answer_text(contact), "answers")
    except Exception as error:  # noqa: BLE001: told in the summary, and the test fails by its counts
        account.count("refused")
        account.error(repr(error))


CODINGS = {"gsm": DataCodingDefault.SMSC_DEFAULT_ALPHABET, "latin1": DataCodingDefault.LATIN_1,
           "ucs2": DataCodingDefault.UCS2}


@defer.inlineCallbacks
def text(order, reference=0):
    """A phone writes."""
    for octets, esm_class, sar in parts(order, reference):
        more = dict(zip(("sar_msg_ref_num", "sar_total_segments", "sar_segment_seqnum"), sar)) if sar else {}
        features = [EsmClassGsmFeatures.UDHI_INDICATOR_SET] if esm_class else []
        yield room.acquire()
        try:
            session = factory.getBoundConnections(options.system_id).getNextBindingForDelivery()
            account.count("texts_sent")
            yield session.sendDataRequest(DeliverSM(
                source_addr=order["from"], source_addr_ton=AddrTon.INTERNATIONAL, source_addr_npi=AddrNpi.ISDN,
                destination_addr=order["to"], dest_addr_ton=AddrTon.INTERNATIONAL, dest_addr_npi=AddrNpi.ISDN,
                esm_class=EsmClass(EsmClassMode.DEFAULT, EsmClassType.DEFAULT, features),
                data_coding=DataCoding(schemeData=CODINGS[order["coding"]]), short_message=octets, **more))
            account.count("texts_acknowledged")
        except Exception as error:  # noqa: BLE001: told in the summary, and the test fails by its counts
            account.count("refused")
            account.error(repr(error))
        finally:
            room.release()


def connections():
    manager = factory.getBoundConnections(options.system_id)
    return [connection for bound in manager._binds.values() for connection in bound]


@defer.inlineCallbacks
def ask(word):
    for session in connections():
        if word == "enquire":
            yield session.sendRequest(EnquireLink(), 10)
        else:
            yield session.unbindAndDisconnect()
    say("ENQUIRED" if word == "enquire" else "UNBOUND")


def command(word, order):
    global holding, reference
    if word == "text":
        reference += 1
        text(order, reference)
    elif word == "flood":
        for one in flood(order):
            text(one)
    elif word == "hold":
        holding = True
    elif word == "release":
        holding = False
        say(f"RELEASED {len(held)}")
        while held:
            answer, response = held.pop(0)
            answer.callback(response)
    elif word in ("enquire", "unbind"):
        ask(word)
    elif word == "expect":
        account.expect(order)


holding, held, reference = False, [], 0
options = arguments(__doc__)
account = Account("smpp.twisted3 0.8", options)
room = defer.DeferredSemaphore(CARRIER_WINDOW)
users = checkers.InMemoryUsernamePasswordDatabaseDontUse()
users.addUser(options.system_id, options.password)
config = SMPPServerConfig(msgHandler=submitted, systems={options.system_id: {"max_bindings": 4}})
factory = Factory(config, portal.Portal(Realm(), [users]))
port = reactor.listenTCP(options.port, factory, interface="127.0.0.1")
reactor.callWhenRunning(lambda: say(f"LISTENING {port.getHost().port}"))
commands(lambda *line: reactor.callFromThread(command, *line))
reactor.addSystemEventTrigger("before", "shutdown", account.summary)
reactor.run()
