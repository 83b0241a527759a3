"""The story with python3-zeep, through the WSDL. Usage: zeep_client.py 11|12 URL"""
import os
import sys

import zeep
from zeep.exceptions import Fault

version, url = sys.argv[1], sys.argv[2]
client = zeep.Client(url + "?wsdl")
service = client.bind("imgate", "Soap" + version)
context = client.get_element("{urn:zimbra}context")
state = {"token": None, "session": "", "seq": 0, "heard": []}


def code_of(fault):
    assert fault.message, "a fault without a text"
    assert fault.detail is not None, "a fault without a detail"
    return fault.detail.findtext(".//{urn:zimbra}Code")


def ask(operation, header=True, **kwargs):
    parts = []
    if header:
        if state["token"]:
            parts.append({"authToken": state["token"]})
        parts.append({"session": {"_value_1": state["session"]}})
        parts.append({"notify": {"seq": state["seq"]}})
    answer = service[operation](_soapheaders=[context(_value_1=parts)], **kwargs)
    for part in answer.header.context._value_1 or []:
        if part.get("session"):
            state["session"] = part["session"]["id"]
        if part.get("notify") and part["notify"]["seq"] > state["seq"]:
            state["seq"] = part["notify"]["seq"]
            for im in part["notify"]["_value_1"]:
                state["heard"] += [(n.get("type"), n.get("service"), n.get("state")) for n in im]
    return answer.body


def refused(code, *args, **kwargs):
    try:
        ask(*args, **kwargs)
    except Fault as fault:
        assert code_of(fault) == code, code_of(fault)
        return
    raise AssertionError("not refused: " + code)


def auth(password):
    return dict(account={"by": "name", "_value_1": "alice@example.org"}, password=password)


refused("account.AUTH_FAILED", "AuthRequest", **auth("wrong-pw"))
refused("service.AUTH_REQUIRED", "IMGatewayListRequest")
state["token"] = "garbled"
refused("service.AUTH_REQUIRED", "IMGatewayListRequest")
state["token"] = os.environ["EXPIRED"]
refused("service.AUTH_EXPIRED", "IMGatewayListRequest")
state["token"] = None
got = ask("AuthRequest", **auth(" s3cret&"))
assert got.lifetime > 0 and got.session.id == state["session"]
state["token"] = got.authToken


def aim():
    services = {s.name: s for s in ask("IMGatewayListRequest").service}
    assert services["aim"].type == "aim" and services["aim"].domain == "aim.example.org"
    return services["aim"].registration


def gateway(op, **kwargs):
    return str(ask("IMGatewayRegisterRequest", op=op, service="AIM", **kwargs))


assert aim() is None
assert "1" in gateway("reg", name="Alice Liddell", password="pw")
for _ in range(10):
    if ("gwStatus", "aim", "online") in state["heard"]:
        break
    ask("NoOpRequest", wait="1", timeout=30000)
assert ("gwStatus", "aim", "online") in state["heard"], state["heard"]
assert aim().state == "online" and aim().name == "Alice Liddell"
assert "1" in gateway("reconnect")
assert "1" in gateway("unreg")
assert "0" in gateway("unreg")
assert aim() is None
ask("EndSessionRequest")
print("done")
