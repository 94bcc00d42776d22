#!/usr/bin/env python3
"""A client on smpplib; esme_common.py tells what it takes and says.

smpplib answers nothing when the other side unbinds, so that is done here. It splits by itself (smpplib.gsm), counting
octets, so a character of two may be cut in two.
"""

import selectors
import sys
import json

import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm
import smpplib.smpp

from esme_common import CODINGS, Account, arguments, flood, receipt_fields, say

INTERNATIONAL = {"source_addr_ton": 1, "source_addr_npi": 1, "dest_addr_ton": 1, "dest_addr_npi": 1}


class Session(smpplib.client.Client):
    holding, asked = False, 0

    def __init__(self, kind):
        super().__init__("127.0.0.1", options.port, allow_unknown_opt_params=True, timeout=20)
        self.kind, self.sources, self.held, self.unbinding = kind, {}, [], False
        self.set_message_received_handler(self.text_received)
        self.set_message_sent_handler(self.submit_answered)
        self.set_error_pdu_handler(self.refused)

    def text_received(self, pdu):
        if pdu.command != "deliver_sm":
            return
        octets = pdu.short_message or pdu.message_payload or b""
        source, destination = pdu.source_addr.decode(), pdu.destination_addr.decode()
        if pdu.esm_class & 0x3C == 0x04:
            account.receipt(*receipt_fields(octets), source, destination, octets.decode("latin-1"))
            return
        sar = None
        if pdu.sar_total_segments is not None:
            sar = [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum]
        account.text(source, destination, octets=octets.hex(), data_coding=pdu.data_coding or 0,
                     esm_class=pdu.esm_class, sar=sar)

    def _message_received(self, pdu):
        if Session.holding:
            self.held.append(pdu)
            self.text_received(pdu)
            return
        super()._message_received(pdu)

    def submit_answered(self, pdu):
        account.answered(self.sources.pop(pdu.sequence, ""), (pdu.message_id or b"").decode(), pdu.status)
        pump()

    def refused(self, pdu):
        if pdu.command == "submit_sm_resp":
            self.submit_answered(pdu)
        else:
            account.error(f"{pdu.command} {pdu.status}")

    def read(self):
        pdu = self.read_pdu()
        if pdu.is_error():
            self.refused(pdu)
        elif pdu.command == "submit_sm_resp":
            self.submit_answered(pdu)
        elif pdu.command == "deliver_sm":
            self._message_received(pdu)
        elif pdu.command == "enquire_link":
            account.enquired()
            self._enquire_link_received(pdu)
        elif pdu.command == "enquire_link_resp":
            Session.asked -= 1
            if not Session.asked:
                say("ENQUIRED")
        elif pdu.command == "unbind":
            self.answer("unbind_resp", pdu)
            end(self)
            say("UNBOUND BY PEER")
        elif pdu.command == "unbind_resp":
            end(self)
            if not sessions:
                say("UNBOUND")
        else:
            account.error("unexpected " + pdu.command)

    def answer(self, command, pdu):
        response = smpplib.smpp.make_pdu(command, client=self)
        response.sequence = pdu.sequence
        self._socket.sendall(response.generate())


options = arguments(__doc__)
account = Account("smpplib 2.2.4")
selector = selectors.DefaultSelector()
sessions, pending, window, reference = [], [], 10, 0


def end(session):
    sessions.remove(session)
    selector.unregister(session._socket)
    session.state = smpplib.consts.SMPP_CLIENT_STATE_OPEN
    session.disconnect()


def bind():
    for kind in options.kinds:
        session = Session(kind)
        session.connect()
        try:
            getattr(session, "bind_" + kind)(system_id=options.system_id, password=options.password)
        except smpplib.exceptions.PDUError as error:
            account.refused(kind, error.args[1])
            session.disconnect()
            continue
        except smpplib.exceptions.ConnectionError:
            account.refused(kind, -1)
            continue
        sessions.append(session)
        selector.register(session._socket, selectors.EVENT_READ, session.read)
        account.bound(kind)


def send(order):
    global reference
    session = next(session for session in sessions if session.kind != "receiver")
    coding = CODINGS[order["coding"]]
    common = {"source_addr": order["from"], "destination_addr": order["to"], "registered_delivery": order["receipt"],
              **INTERNATIONAL}
    if order["long"] == "payload":
        encode, _, _ = smpplib.gsm.ENCODINGS[coding]
        submits = [{"data_coding": coding, "message_payload": encode(order["text"])}]
    else:
        texts, coding, esm_class = smpplib.gsm.make_parts(order["text"], coding, use_udhi=order["long"] != "sar")
        submits = [{"data_coding": coding, "esm_class": esm_class, "short_message": text} for text in texts]
        if order["long"] == "sar":
            reference += 1
            for n, submit in enumerate(submits, 1):
                submit.update(sar_msg_ref_num=reference, sar_total_segments=len(submits), sar_segment_seqnum=n)
    for submit in submits:
        sent = session.send_message(**common, **submit)
        session.sources[sent.sequence] = order["from"]


def pump():
    outstanding = sum(len(session.sources) for session in sessions)
    while pending and outstanding < window:
        send(pending.pop())
        outstanding += 1


def command(line):
    global window
    word, _, rest = line.strip().partition(" ")
    order = json.loads(rest) if rest else {}
    if word == "bind":
        bind()
    elif word == "send":
        send(order)
    elif word == "flood":
        pending.extend(reversed(list(flood(order))))
        window = order.get("window", 10)
        pump()
    elif word == "enquire":
        Session.asked = len(sessions)
        for session in sessions:
            session.send_pdu(smpplib.smpp.make_pdu("enquire_link", client=session))
    elif word == "hold":
        Session.holding = True
    elif word == "release":
        Session.holding = False
        say(f"RELEASED {sum(len(session.held) for session in sessions)}")
        for session in sessions:
            for pdu in session.held:
                session.answer("deliver_sm_resp", pdu)
            session.held = []
    elif word == "expect":
        account.expect(order)
    elif word == "unbind":
        for session in sessions:
            session.send_pdu(smpplib.smpp.make_pdu("unbind", client=session))
    else:
        return False
    return True


def standard_input():
    # By hand: what a text buffer has read ahead is not seen by select.
    line = sys.stdin.buffer.raw.readline().decode()
    if not line or not command(line):
        account.summary()
        sys.exit(0)


selector.register(sys.stdin, selectors.EVENT_READ, standard_input)
while True:
    for key, _ in selector.select():
        try:
            key.data()
        except (smpplib.exceptions.ConnectionError, OSError) as error:
            session = getattr(key.data, "__self__", None)
            if session in sessions:
                end(session)
            account.error(f"connection: {error!r}")
