#!/usr/bin/env python3
"""An app made of the contract alone: its types are generated from `tollgate schema --bundle` and `--bundle events` by
datamodel-code-generator, after openrpc and asyncapi3 have found both documents to be what they claim to be.

    app_generated.py TOLLGATE SOCKET DIRECTORY FROM TO

Says hello, sends a text, looks it up in every way there is, and reads the feed from its oldest event until the text was sent;
all it sends and gets goes through the generated types. Prints one JSON object with what it found; fails on anything that
does not fit.
"""
import importlib
import json
import socket
import subprocess
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")
from asyncapi3 import AsyncAPI3  # noqa: E402
from openrpc import OpenRPC  # noqa: E402

tollgate, path, directory, sender, phone = sys.argv[1:]
directory = Path(directory)


def bundle(*words):
    return json.loads(subprocess.run([tollgate, "schema", "--bundle", *words], check=True, capture_output=True).stdout)


def generated(name, document, kind):
    """A module of types for a document's components."""
    source = directory / f"{name}.json"
    source.write_text(json.dumps(document))
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator", "--input", source, "--input-file-type", kind,
         "--output", directory / f"{name}.py", "--output-model-type", "pydantic_v2.BaseModel", "--formatters", "builtin"],
        check=True, stdout=sys.stderr)
    return importlib.import_module(name)


def type_of(module, name):
    return getattr(module, "".join(word.capitalize() for word in name.replace(".", "_").split("_")))


sys.path.insert(0, str(directory))
methods, feed = bundle(), bundle("events")
description = OpenRPC.model_validate(methods)
channel = AsyncAPI3.model_validate(feed)
# The generator knows OpenAPI's components, which are OpenRPC's.
api = generated("tollgate_api", {"openapi": "3.1.0", "info": methods["info"], "paths": {}, **{
    "components": {"schemas": methods["components"]["schemas"]}}}, "openapi")
events = generated("tollgate_events", feed, "asyncapi")


class Refused(Exception):
    pass


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(30)
        self.socket.connect(path)
        self.lines = self.socket.makefile("r", encoding="utf-8")
        self.number = 0
        self.notifications = []

    def exchange(self, method, params):
        self.number += 1
        request = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            line = json.loads(next(self.lines))
            if "id" not in line:
                self.notifications.append(line)
            elif "error" in line:
                raise Refused(line["error"])
            else:
                return line["result"]

    def call(self, method, **params):
        checked = type_of(api, f"{method}.params").model_validate(params)
        sent = checked.model_dump(mode="json", by_alias=True, exclude_none=True)
        return type_of(api, f"{method}.result").model_validate(self.exchange(method, sent))

    def notification(self):
        line = self.notifications.pop(0) if self.notifications else json.loads(next(self.lines))
        name = line["method"]
        name = f"feed.event.{line['params']['event']['type']}" if name == "feed.event" else f"notification.{name}"
        return line, type_of(events, name).model_validate(line)


client = Client()
hello = client.call("hello", protocol=1, client="generated")
sent = client.call("message.send", **{"from": sender, "to": phone, "text": "Hello", "idempotency_key": "one"})
again = client.call("message.send", **{"from": sender, "to": phone, "text": "Hello", "idempotency_key": "one"})
found = client.call("message.get", message_id=sent.message_id.root).root
listed = client.call("message.list", phone=phone, limit=5).items
thread = client.call("conversation.get", conversation_id=sent.conversation_id.root).root
why = client.call("message.why", message_id=sent.message_id.root)
numbers = client.call("number.list").items
client.call("carrier.list")
client.call("status")
try:
    client.exchange("message.list", {"fone": phone})
    refused = None
except Refused as error:
    refused = api.Error.model_validate(error.args[0])

client.call("feed.subscribe", consumer="generated", start="oldest")
types = []
while True:
    line, checked = client.notification()
    if line["method"] != "feed.event":
        continue
    event = line["params"]["event"]
    types.append(event["type"])
    client.call("feed.ack", consumer="generated", cursor=line["params"]["cursor"])
    if event["type"] == "sms.message.state_changed.v1" and event["data"]["state"] == "sent":
        break

print(json.dumps({
    "methods": [method.name for method in description.methods],
    "messages": len(channel.components.messages),
    "protocol": hello.protocol,
    "message_id": sent.message_id.root,
    "replayed": again.replayed.root,
    "found": found.message_id.root,
    "listed": [message.message_id.root for message in listed],
    "thread": thread.conversation_id.root,
    "why": why.message.message_id.root,
    "numbers": [number.number.root for number in numbers],
    "refused": refused.data.path,
    "events": types,
}))
