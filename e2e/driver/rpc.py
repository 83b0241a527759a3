"""Makes XML-RPC calls with Python's own client. Usage: rpc.py URL

Reads lines of JSON, [method, argument], and answers each with {"value": ...} or {"fault": code, "text": ...}.
"""
import json
import sys
import xmlrpc.client

door = xmlrpc.client.ServerProxy(sys.argv[1])
for line in sys.stdin:
    method, argument = json.loads(line)
    try:
        answer = {"value": getattr(door, method)(argument)}
    except xmlrpc.client.Fault as f:
        answer = {"fault": f.faultCode, "text": f.faultString}
    print(json.dumps(answer), flush=True)
