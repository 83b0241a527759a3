"""The story with Python's xmlrpc.client. Usage: python_client.py URL"""
import sys
import urllib.parse
import xmlrpc.client


def door(password):
    user = "web:" + urllib.parse.quote(password, safe="")
    return xmlrpc.client.ServerProxy(sys.argv[1].replace("//", "//" + user + "@"))


def same(got, want):
    assert got == want, (got, want)


def fault(code, call, *args):
    try:
        got = call(*args)
    except xmlrpc.client.Fault as f:
        same(f.faultCode, code)
        return f.faultString
    raise AssertionError(("no fault", got))


try:
    door("wrong-pw").echothis("hello")
    raise AssertionError("a wrong password was taken")
except xmlrpc.client.ProtocolError as e:
    same(e.errcode, 401)

d = door("s3cret&ö")
bob = {"user": "bob", "server": "example.org"}
zoe = {"user": "zoe", "server": "example.org"}
bad = {"user": "b b", "server": "example.org"}
same(d.echothis("hello <ö>"), "echoed: hello <ö>")
same(sorted(d.system.listMethods())[0], "add_rosteritem")
same(d.system.methodSignature("get_roster"), [["array", "struct"]])
assert "roster" in d.system.methodHelp("get_roster")

ann = {"jid": "ann@aim.example.org", "nick": "Ann & co", "subscription": "both", "pending": "none"}
eve = {"jid": "eve@example.org", "nick": "", "subscription": "none", "pending": "out", "group": ""}
same(d.get_roster(bob), [{**ann, "group": "Friends"}, {**ann, "group": "Work"}, eve])
same(fault(404, d.get_roster, zoe), "item-not-found")
same(fault(400, d.get_roster, bad), "jid-malformed")
same(fault(405, d.get_roster, {"user": "bob", "server": "example.net"}), "not-allowed")
same(fault(-1, d.get_roster, {"user": "bob"}), "get_roster: the argument server is missing")
fault(-1, d.online_users, {})
fault(501, d.get_roster, {"user": "shy", "server": "example.org"})

here = {"resource": "imgate", "show": "away", "status": "grüß Gott"}
same(d.get_roster_with_presence(bob)[0], {**ann, "group": "Friends", **here})
fault(404, d.get_roster_with_presence, zoe)
same(d.get_presence(bob), {"jid": "bob@example.org/desk", "show": "dnd", "status": "не беспокоить"})
same(d.get_presence({"user": "eve", "server": "example.org"}), {"jid": "eve@example.org", "show": "unavailable", "status": ""})
fault(404, d.get_presence, zoe)
fault(400, d.get_presence, bad)
same(d.get_resources(bob), ["desk", "tv"])
fault(404, d.get_resources, zoe)

pair = {"jid1": "bob@example.org", "nick1": "Bób", "jid2": "eve@example.org", "nick2": "Évé"}
same(d.link_contacts(pair), 0)
same(d.get_roster(bob)[-1], {**eve, "nick": "Évé", "subscription": "both", "pending": "none"})
same(d.unlink_contacts({"jid1": "bob@example.org", "jid2": "eve@example.org"}), 0)
same(len(d.get_roster(bob)), 2)
same(d.link_contacts({**pair, "jid2": "zoe@example.org"}), 404)
same(d.link_contacts({**pair, "jid1": "a b@example.org"}), 400)
same(d.link_contacts({**pair, "jid2": "shy@example.org"}), 501)
same(d.link_contacts({**pair, "jid2": "ann@aim.example.org"}), 0)
same(d.add_rosteritem({"user": "eve", "server": "example.org", "jid": "bob@example.org", "group": "", "nick": "B", "subs": "both"}), 0)
same(d.delete_rosteritem({"user": "eve", "server": "example.org", "jid": "bob@example.org"}), 0)
same(d.delete_rosteritem({"user": "eve", "server": "example.org", "jid": "bob@example.org"}), 404)

send = {"from": "ann@aim.example.org", "to": "bob@example.org"}
same(d.send_stanza({**send, "stanza": "<message type='chat'><body>1 &lt; 2 &amp; ö</body></message>"}), 0)
same(d.send_stanza({**send, "stanza": "<message>"}), 400)
same(d.send_stanza({**send, "stanza": "<message from='shy@example.org'/>"}), 403)

many = xmlrpc.client.MultiCall(d)
many.echothis("a")
many.get_roster(zoe)
results = iter(many())
same(next(results), "echoed: a")
fault(404, lambda: next(results))
print("done")
