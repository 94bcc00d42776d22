"""What the clients (ESMEs) written in Python share: arguments, the words they take and say, the account they keep.

Standard input, one line each, a word and perhaps a JSON object:
    bind                binds as --bind says, one session, or two for a pair
    send {...}          one text: from, to, text, coding ("gsm", "latin1", "ucs2"), long ("none", "udh", "sar", "payload"),
                        receipt (true asks for one)
    flood {...}         count texts "Text <n>" to `to`, the nth from phone from + n, `window` unanswered at a time; the
                        first has the number `first`
    enquire             asks whether the other side is there
    hold, release       keeps back the answers to deliver_sm, gives them
    expect {...}        says DONE once the counts (answers, texts, receipts, enquired) are reached
    unbind              ends its sessions
    quit                ends; so does the end of the input
A word the library has no means for is answered with UNABLE <word>.

Standard output, one line each:
    BOUND <tx|rx|trx>           a session is bound
    REFUSED <kind> <status>     a bind was refused; -1 where the library does not tell the status
    ENQUIRED                    the enquire_link was answered
    RELEASED <n>                so many answers were kept back
    DONE                        what was expected is reached
    UNBOUND                     our unbind was answered, or the session ended as far as the library tells
    UNBOUND BY PEER             the other side unbound
    SUMMARY <json>              the account, last
"""

import argparse
import json
import sys
import threading

CODINGS = {"gsm": 0, "latin1": 3, "ucs2": 8}
KINDS = {"transceiver": "trx", "transmitter": "tx", "receiver": "rx"}


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bind", default="transceiver", choices=[*KINDS, "pair"])
    parser.add_argument("--system-id", default="tollgate")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--tls", default="", help="file of the certificate authority; kannel speaks TLS itself")
    options = parser.parse_args()
    options.kinds = ["transmitter", "receiver"] if options.bind == "pair" else [options.bind]
    return options


def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Account:
    """What happened, for the summary, and when to say DONE."""

    def __init__(self, peer):
        self.lock = threading.Lock()
        self.expected = None
        self.facts = {
            "peer": peer, "binds": [], "refused_binds": [], "answers": [], "texts": [], "receipts": [],
            "enquired": 0, "errors": [],
        }

    def bound(self, kind):
        self.facts["binds"].append(KINDS.get(kind, kind))
        say("BOUND " + KINDS.get(kind, kind))

    def refused(self, kind, status):
        self.facts["refused_binds"].append(status)
        say(f"REFUSED {KINDS.get(kind, kind)} {status}")

    def answered(self, source, message_id, status=0):
        """A submit_sm was answered; `source` is the address it came from."""
        self.add("answers", {"from": source, "message_id": message_id, "status": status})

    def receipt(self, message_id, state, source, destination, text=""):
        self.add("receipts", {
            "message_id": message_id, "state": state, "from": source, "to": destination, "text": text})

    def text(self, source, destination, **fields):
        """A text came: its octets, data_coding, esm_class and sar as received, or `text` where only that is shown."""
        self.add("texts", {"from": source, "to": destination, **fields})

    def add(self, kind, what):
        with self.lock:
            self.facts[kind].append(what)
            self.check()

    def enquired(self):
        """They asked enquire_link."""
        with self.lock:
            self.facts["enquired"] += 1
            self.check()

    def expect(self, counts):
        with self.lock:
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


def commands(deliver):
    """Reads standard input on a thread of its own; `deliver(word, arguments)` gets each line, "quit" at the end."""

    def read():
        for line in sys.stdin:
            word, _, rest = line.strip().partition(" ")
            if word:
                deliver(word, json.loads(rest) if rest else {})
        deliver("quit", {})

    threading.Thread(target=read, daemon=True).start()


def flood(order):
    """The texts of a flood, each as `send` takes one."""
    first = order.get("first", 0)
    for n in range(first, first + order["count"]):
        yield {"from": str(int(order["from"]) + n), "to": order["to"], "text": f"Text {n}", "coding": "gsm",
               "long": "none", "receipt": order.get("receipt", True)}


# Text to parts, for libraries that leave it to their user.

GSM = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
       "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà")
EXTENSION = {"\f": 0x0A, "^": 0x14, "{": 0x28, "}": 0x29, "\\": 0x2F, "[": 0x3C, "~": 0x3D, "]": 0x3E, "|": 0x40,
             "€": 0x65}


def encoded(character, coding):
    """One character's octets."""
    if coding == "ucs2":
        return character.encode("utf-16-be")
    if coding == "latin1":
        return character.encode("latin-1")
    return bytes([0x1B, EXTENSION[character]]) if character in EXTENSION else bytes([GSM.index(character)])


def parts(order, reference):
    """The parts of a text: (octets, esm_class, sar) each, never cutting a character in two."""
    pieces = [encoded(character, order["coding"]) for character in order["text"]]
    whole = b"".join(pieces)
    if order["long"] in ("none", "payload"):
        return [(whole, 0, None)]
    size = {"gsm": 153, "latin1": 134, "ucs2": 134}[order["coding"]]
    chunks = [b""]
    for piece in pieces:
        if len(chunks[-1]) + len(piece) > size:
            chunks.append(b"")
        chunks[-1] += piece
    total = len(chunks)
    if order["long"] == "sar":
        return [(chunk, 0, (reference, total, n)) for n, chunk in enumerate(chunks, 1)]
    header = bytes([5, 0, 3, reference & 0xFF, total])
    return [(header + bytes([n]) + chunk, 0x40, None) for n, chunk in enumerate(chunks, 1)]


def receipt_fields(octets):
    """id and stat of a receipt's text (SMPP 3.4, Appendix B)."""
    fields = {}
    for item in octets.decode("latin-1").split(" "):
        key, colon, value = item.partition(":")
        if colon:
            fields.setdefault(key.lower(), value)
    return fields.get("id", ""), fields.get("stat", "")
