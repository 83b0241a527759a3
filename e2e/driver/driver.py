#!/usr/bin/python3
"""Drives real XMPP clients (slixmpp) for the tests of imgate.

One JSON command a line on stdin, one JSON report a line on stdout. A command
  {"id": 1, "client": "juliet", "do": "connect", ...}
is answered by {"id": 1, "xml": "..."} or {"id": 1, "error": "...", "xml": "..."}; xml is the stanza that answered,
where there is one. Every stanza that a client receives is reported as {"client": "juliet", "xml": "..."}. The
driver judges nothing: the Go test does.
"""

import asyncio
import base64
import inspect
import json
import sys
import xml.etree.ElementTree as ET

from slixmpp import ClientXMPP
from slixmpp.exceptions import IqError, IqTimeout

PLUGINS = ("xep_0004", "xep_0030", "xep_0050", "xep_0066", "xep_0077", "xep_0199")


def report(**fields):
    sys.stdout.write(json.dumps(fields) + "\n")
    sys.stdout.flush()


def text_of(stanza):
    return ET.tostring(stanza.xml, encoding="unicode")


class Client(ClientXMPP):
    """One client; it does by itself nothing that is not commanded, or done by a plugin that was asked for."""

    def __init__(self, name, jid, password, plugins):
        super().__init__(jid, password, plugin_config={
            "feature_mechanisms": {"unencrypted_plain": True, "unencrypted_scram": True},
            "xep_0077": {"create_account": False},
        })
        self.name = name
        for plugin in PLUGINS + tuple(plugins):
            self.register_plugin(plugin)
        self.roster.auto_authorize = None
        self.roster.auto_subscribe = False
        self.ended = asyncio.get_event_loop().create_future()
        self.started = asyncio.get_event_loop().create_future()
        self.add_filter("in", self.saw)
        self.add_event_handler("session_start", lambda _: self.settle(self.started, None))
        self.add_event_handler("failed_auth", lambda _: self.settle(self.started, "not authorized"))
        self.add_event_handler("connection_failed", lambda e: self.settle(self.started, str(e)))
        self.add_event_handler("disconnected", self.gone)

    @staticmethod
    def settle(future, value):
        if not future.done():
            future.set_result(value)

    def saw(self, stanza):
        if getattr(stanza, "name", "") in ("message", "presence", "iq"):
            report(client=self.name, xml=text_of(stanza))
        return stanza

    def gone(self, _):
        self.settle(self.started, "disconnected")
        self.settle(self.ended, None)
        report(client=self.name, gone=True)


class Driver:
    def __init__(self):
        self.clients = {}

    async def obey(self, command):
        number = command["id"]
        try:
            result = await getattr(self, "do_" + command["do"])(command)
            report(id=number, xml=text_of(result) if result is not None else "")
        except IqError as e:
            report(id=number, error=e.condition, xml=text_of(e.iq))
        except IqTimeout:
            report(id=number, error="no answer")
        except Exception as e:  # the test wants to know, whatever it is
            report(id=number, error="%s: %s" % (type(e).__name__, e))

    def client(self, command):
        return self.clients[command["client"]]

    async def do_connect(self, c):
        client = self.clients[c["client"]] = Client(c["client"], c["jid"], c["password"], c.get("plugins") or ())
        client.connect(address=(c["host"], c["port"]), use_ssl=False, force_starttls=False, disable_starttls=True)
        problem = await asyncio.wait_for(client.started, c.get("timeout", 20))
        if problem:
            client.abort()
            raise ConnectionError(problem)

    async def do_disconnect(self, c):
        client = self.clients.pop(c["client"])
        client.disconnect(wait=2.0)
        await asyncio.wait_for(client.ended, 10)

    async def do_abort(self, c):
        """Drops the connection without a word."""
        self.clients.pop(c["client"]).abort()

    async def do_send(self, c):
        self.client(c).send_raw(c["xml"])

    async def do_iq(self, c):
        """Sends an iq with the payload xml and waits for the answer."""
        client = self.client(c)
        iq = client.make_iq(ito=c["to"], itype=c.get("type", "get"))
        if c.get("xml"):
            iq.xml.append(ET.fromstring(c["xml"]))
        return await iq.send(timeout=c.get("timeout", 15))

    async def do_presence(self, c):
        self.client(c).send_presence(pto=c.get("to") or None, ptype=c.get("type") or None, pshow=c.get("show") or None,
                                     pstatus=c.get("status") or None)

    async def do_message(self, c):
        self.client(c).send_message(mto=c["to"], mbody=c["body"], mtype=c.get("type", "chat"))

    async def do_subscribe(self, c):
        self.client(c).send_presence_subscription(pto=c["to"], ptype=c.get("type", "subscribe"))

    async def do_plugin(self, c):
        """Calls a method of a plugin; of the arguments, bytes64 is for data."""
        args = dict(c.get("args") or {})
        for name, value in (c.get("bytes64") or {}).items():
            args[name] = base64.b64decode(value)
        result = getattr(self.client(c)[c["plugin"]], c["method"])(**args)
        if inspect.isawaitable(result):
            result = await asyncio.wait_for(result, c.get("timeout", 20))
        return result if hasattr(result, "xml") else None

    async def do_roster(self, c):
        return await self.client(c).get_roster()

    async def do_info(self, c):
        return await self.client(c)["xep_0030"].get_info(jid=c["to"], node=c.get("node"), timeout=15)

    async def do_items(self, c):
        return await self.client(c)["xep_0030"].get_items(jid=c["to"], node=c.get("node"), timeout=15)

    async def do_register_form(self, c):
        return await self.client(c)["xep_0077"].get_registration(jid=c["to"], timeout=15)

    async def do_register(self, c):
        """Registers with plain fields, or with the data form where "form" is true."""
        iq = self.client(c).make_iq_set(ito=c["to"])
        if c.get("form"):
            form = self.client(c)["xep_0004"].make_form(ftype="submit")
            for name, value in c["fields"].items():
                form.add_field(var=name, value=value)
            iq["register"].append(form)
        else:
            for name, value in c["fields"].items():
                field = ET.SubElement(iq["register"].xml, "{jabber:iq:register}" + name)
                field.text = value
        return await iq.send(timeout=c.get("timeout", 30))

    async def do_unregister(self, c):
        return await self.client(c)["xep_0077"].cancel_registration(jid=c["to"], timeout=15)

    async def do_command(self, c):
        """One step of an ad-hoc command."""
        iq = self.client(c).make_iq_set(ito=c["to"])
        command = iq["command"]
        command["node"] = c["node"]
        command["action"] = c.get("action", "execute")
        if c.get("session"):
            command["sessionid"] = c["session"]
        if c.get("fields") is not None:
            form = self.client(c)["xep_0004"].make_form(ftype="submit")
            for name, value in c["fields"].items():
                form.add_field(var=name, value=value)
            command.append(form)
        return await iq.send(timeout=c.get("timeout", 30))


async def main():
    driver = Driver()
    reader = asyncio.StreamReader(limit=1 << 22)
    loop = asyncio.get_event_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    report(ready=True)
    tasks = set()
    while True:
        line = await reader.readline()
        if not line:
            break
        task = asyncio.ensure_future(driver.obey(json.loads(line)))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    for client in driver.clients.values():
        client.abort()


if __name__ == "__main__":
    asyncio.run(main())
