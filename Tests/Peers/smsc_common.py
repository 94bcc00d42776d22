"""What the carriers written in Python share: arguments, the words they say on standard output, the account they keep.

A carrier here answers every submit_sm with a message_id of its own style, sends a delivery receipt for it
(deliver_sm, esm_class 0x04, text of SMPP 3.4 Appendix B), and, once the receipt was answered, a text from the contact
back to the number that wrote ("Answer from 0123", the last four digits of the contact). Of a long message only the last
part is answered.

Standard input, one line each, a word and perhaps a JSON object (esme_common.py has the same):
    text {...}           a phone writes: from, to, text, coding, long
    flood {...}          count phones write "Text <n>" to `to`, the nth is from + n
    hold, release        keeps back the answers to submit_sm, gives them
    enquire              asks whether the other side is there
    unbind               ends its sessions
    expect {...}         says DONE once the counts (submits, texts_acknowledged, receipts_acknowledged, ...) are reached
A word the library has no means for is answered with UNABLE <word>.

Standard output, one line each:
    LISTENING <port>     connections are accepted from now on
    BOUND <tx|rx|trx>    an ESME bound
    REFUSED <status>     a bind was refused
    DONE                 as many receipts and answers as --expect says were acknowledged, or what was expected is reached
    RELEASED <n>         so many answers were kept back
    ENQUIRED, UNBOUND    the enquire_link, the unbind was answered
    SUMMARY <json>       the account, on SIGTERM or SIGINT, last
"""

import argparse
import json
import time


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--system-id", default="tollgate")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--expect", type=int, default=0, help="say DONE after this many acknowledged answers")
    parser.add_argument("--no-receipts", action="store_true", help="neither receipts nor answers")
    parser.add_argument("--no-answers", action="store_true", help="receipts only")
    return parser.parse_args()


def say(line):
    print(line, flush=True)


class Account:
    """What happened, for the summary, and when to say DONE."""

    def __init__(self, peer, options):
        self.options = options
        self.told = False
        self.facts = {
            "peer": peer, "binds": [], "submits": [], "receipts_sent": 0, "receipts_acknowledged": 0,
            "answers_sent": 0, "answers_acknowledged": 0, "refused": 0, "unbinds": 0, "errors": [],
            "texts_sent": 0, "texts_acknowledged": 0,
        }
        self.expected = None

    def bound(self, kind):
        self.facts["binds"].append(kind)
        say("BOUND " + kind)

    def submitted(self, source, destination, octets, data_coding, esm_class, sequence, message_id, sar=None):
        self.facts["submits"].append({
            "from": source, "to": destination, "octets": octets.hex(), "text": text_of(octets, data_coding, esm_class),
            "data_coding": data_coding, "esm_class": esm_class, "sequence": sequence, "message_id": message_id,
            **({"sar": sar} if sar else {}),
        })
        self.check()

    def count(self, what):
        self.facts[what] += 1
        done = self.facts["receipts_acknowledged"] if self.options.no_answers else self.facts["answers_acknowledged"]
        if self.options.expect and not self.told and done >= self.options.expect:
            self.told = True
            say("DONE")
        self.check()

    def expect(self, counts):
        self.expected = counts
        self.check()

    def check(self):
        if self.expected is None:
            return
        counts = {kind: value if isinstance(value, int) else len(value) for kind, value in self.facts.items()}
        if all(counts[kind] >= count for kind, count in self.expected.items()):
            self.expected = None
            say("DONE")

    def error(self, what):
        self.facts["errors"].append(str(what))

    def summary(self):
        say("SUMMARY " + json.dumps(self.facts, separators=(",", ":")))


def split_header(octets, esm_class):
    """The user data header's elements ((), when there is none) and the rest (3GPP TS 23.040, 9.2.3.24)."""
    if not esm_class & 0x40 or not octets:
        return b"", octets
    length = octets[0]
    return octets[1:1 + length], octets[1 + length:]


def text_of(octets, data_coding, esm_class):
    _, rest = split_header(octets, esm_class)
    if data_coding == 8:
        return rest.decode("utf-16-be", "replace")
    if data_coding == 3:
        return rest.decode("latin-1")
    return rest.decode("ascii", "replace")


def wants_answer(octets, esm_class):
    """True for a message of one part and for the last part of a long one."""
    header, _ = split_header(octets, esm_class)
    while len(header) >= 2:
        element, length, value = header[0], header[1], header[2:2 + header[1]]
        if element in (0x00, 0x08) and len(value) >= 3:
            return value[-2] == value[-1]
        header = header[2 + length:]
    return True


def receipt_text(message_id, octets):
    """Appendix B, with the dates of 10 digits it shows."""
    now = time.strftime("%y%m%d%H%M", time.gmtime())
    quoted = octets[:20].decode("ascii", "replace").replace("\ufffd", "?")
    return (f"id:{message_id} sub:001 dlvrd:001 submit date:{now} done date:{now} "
            f"stat:DELIVRD err:000 text:{quoted}").encode("ascii", "replace")


def answer_text(contact):
    return f"Answer from {contact[-4:]}".encode("ascii")
