#!/usr/bin/env python3
"""Kannel's bearerbox as a client, with a smsbox to drive it by HTTP; esme_common.py tells what it takes and says.

Kannel answers deliver_sm itself and has no word for asking enquire_link; it asks by itself every second. It splits long
texts by UDH alone and knows GSM 03.38 and UCS-2; those it takes are put together by itself. Of a long text it asks one receipt.
"""

import contextlib
import http.server
import os
import queue
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from esme_common import Account, arguments, commands, flood, say


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


CONFIGURATION = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = secret
smsbox-port = {box}
box-allow-ip = 127.0.0.1
dlr-storage = internal
sms-combine-concatenated-mo = true

{sessions}
group = smsbox
bearerbox-host = 127.0.0.1
bearerbox-port = {box}
sendsms-port = {send}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = test
password = secret
max-messages = 20
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 0
get-url = "http://127.0.0.1:{web}/text?from=%p&to=%P&text=%b&charset=%C&coding=%c"
"""

SESSION = """
group = smsc
smsc = smpp
smsc-id = peer
host = 127.0.0.1
{binding}
smsc-username = {user}
smsc-password = {password}
system-type = ""
interface-version = 34
enquire-link-interval = 1
reconnect-delay = 3600
max-pending-submits = 10
msg-id-type = 0
source-addr-ton = 1
source-addr-npi = 1
source-addr-autodetect = no
dest-addr-ton = 1
dest-addr-npi = 1
{tls}
"""


class Web(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *words):
        pass

    def do_GET(self):
        where = urllib.parse.urlsplit(self.path)
        # Octets first: a text may be in any charset.
        query = dict(urllib.parse.parse_qsl(where.query, keep_blank_values=True, encoding="latin-1"))
        if where.path == "/text":
            octets = query["text"].encode("latin-1")
            text = octets.decode("utf-16-be" if query["coding"] == "2" else "utf-8", "replace")
            account.text(query["from"].lstrip(" +"), query["to"].lstrip(" +"), text=text)
        elif query["state"] in ("8", "16"):
            account.answered(query["source"], query["id"], 0 if query["state"] == "8" else 1)
        else:
            account.receipt(query["id"], {"1": "DELIVRD", "2": "UNDELIV"}.get(query["state"], query["state"]),
                            query["to"], query["source"])
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def ask(port, path, **query):
    url = f"http://127.0.0.1:{port}/{path}?{urllib.parse.urlencode(query, encoding='utf-8')}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode("latin-1")
    except urllib.error.HTTPError as error:
        return error.read().decode("latin-1")
    except OSError:
        return ""


def start():
    directory = tempfile.mkdtemp(prefix="kannel-")
    bindings = {
        "transceiver": f"port = {options.port}\ntransceiver-mode = true", "transmitter": f"port = {options.port}",
        "receiver": f"receive-port = {options.port}"}
    sessions = "".join(
        SESSION.format(binding=bindings[kind], user=options.system_id, password=options.password,
                       tls="use-ssl = true" if options.tls else "")
        for kind in options.kinds)
    path = os.path.join(directory, "kannel.conf")
    with open(path, "w", encoding="ascii") as file:
        file.write(CONFIGURATION.format(sessions=sessions, **ports))
    for program in ("bearerbox", "smsbox"):
        log = os.path.join(directory, program + ".log")
        with open(log, "wb") as output:
            programs.append(subprocess.Popen(
                ["/usr/sbin/" + program, "-v", "0", path], stdout=output, stderr=output, cwd=directory,
                stdin=subprocess.DEVNULL))
        logs[program] = log
        if program == "bearerbox":
            until(lambda: ask(ports["admin"], "status.xml", password="secret"))
    return directory


def until(condition):
    while True:
        result = condition()
        if result:
            return result
        time.sleep(0.05)


def log_has(words):
    with open(logs["bearerbox"], "rb") as file:
        return words in file.read()


def bind():
    sessions = options.kinds
    until(lambda: log_has(b"SMSC rejected login") or status().count("<status>online") == len(sessions))
    if log_has(b"SMSC rejected login"):
        with open(logs["bearerbox"], "rb") as file:
            code = file.read().split(b"SMSC rejected login")[1].split(b"code 0x")[1][:8]
        for kind in sessions:
            account.refused(kind, int(code, 16))
        return
    until(lambda: "smsbox" in status())
    until(lambda: ask(ports["send"], "cgi-bin/sendsms", username="test", password="wrong"))
    for kind in sessions:
        account.bound(kind)
    threading.Thread(target=watch, daemon=True).start()


def status():
    return ask(ports["admin"], "status.xml", password="secret")


def watch():
    """Says when the other side unbinds."""
    until(lambda: stopping.is_set() or status().count("<status>online") < len(options.kinds))
    if not stopping.is_set():
        say("UNBOUND BY PEER")


def send(order):
    receipt = (f"http://127.0.0.1:{ports['web']}/receipt?source={order['from']}&to={order['to']}&state=%d&id=%F")
    answer = ask(ports["send"], "cgi-bin/sendsms", username="test", password="secret", charset="UTF-8",
                 coding={"gsm": 0, "ucs2": 2}[order["coding"]], text=order["text"], to="+" + order["to"],
                 **{"from": "+" + order["from"], "dlr-mask": 31 if order["receipt"] else 24, "dlr-url": receipt})
    if not answer.startswith("0:") and not answer.startswith("3:"):
        account.error("sendsms: " + answer)


def pour(order):
    for text in flood(order):
        send(text)


options = arguments(__doc__)
account = Account("kannel 1.4.5")
ports = {name: free_port() for name in ("admin", "box", "send")}
web = Web(("127.0.0.1", 0), Handler)
ports["web"] = web.server_address[1]
threading.Thread(target=web.serve_forever, daemon=True).start()
programs, logs, lines, stopping = [], {}, queue.Queue(), threading.Event()
commands(lambda *line: lines.put(line))
directory = None
try:
    while True:
        word, order = lines.get()
        if word == "bind":
            directory = start()
            bind()
        elif word == "send":
            send(order)
        elif word == "flood":
            threading.Thread(target=pour, args=(order,), daemon=True).start()
        elif word == "expect":
            account.expect(order)
        elif word == "unbind":
            stopping.set()
            ask(ports["admin"], "stop-smsc", password="secret", smsc="peer")
            until(lambda: "<status>online" not in status())
            say("UNBOUND")
        elif word == "quit":
            account.summary()
            break
        else:
            say("UNABLE " + word)
finally:
    for program in programs:
        program.kill()
        program.wait()
    if directory and not os.environ.get("TOLLGATE_KEEP_TEST_DIRECTORIES"):
        shutil.rmtree(directory, ignore_errors=True)
