"""Asks a Connect worker over its REST interface: connect_rest.py URL create NAME CONFIG | states | revive NAME | delete NAME.

A worker that starts, or that is taking part in a rebalance, is asked again for up to two minutes.
"""
import json
import sys
import time
import urllib.error
import urllib.request

PATIENCE_SECONDS = 120
BUSY = (404, 409, 500, 503)


def ask(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, method=method, headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        text = answer.read()
    return json.loads(text) if text else None


def ask_patiently(method, url, body=None):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask(method, url, body)
        except urllib.error.HTTPError as error:
            reason = f"{error.code} {error.read().decode(errors='replace')}"
            again = error.code in BUSY
        except OSError as error:
            reason, again = str(error), True
        if not again or time.monotonic() > deadline:
            sys.exit(f"{method} {url}: {reason}")
        time.sleep(0.2)


def states(url):
    """One line a connector: its name, its state, the states of its tasks; waits until every task has one."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        connectors = ask_patiently("GET", f"{url}/connectors?expand=status")
        lines = sorted(
            " ".join([name, of["status"]["connector"]["state"], *(task["state"] for task in of["status"]["tasks"])])
            for name, of in connectors.items()
        )
        settled = all(line.count(" RUNNING") == 2 for line in lines)
        if settled or time.monotonic() > deadline:
            return lines
        time.sleep(0.2)


def revive(url, name):
    """Starts tasks again whose producer ended a transaction that had not begun; any other failure is one."""
    for task in ask_patiently("GET", f"{url}/connectors/{name}/status")["tasks"]:
        if task["state"] != "FAILED":
            continue
        if "InvalidTxnStateException" not in task["trace"]:
            sys.exit(task["trace"])
        print(f"  task {task['id']} of {name} ended a transaction too early and is started again")
        ask_patiently("POST", f"{url}/connectors/{name}/tasks/{task['id']}/restart")


def main():
    url, command, *rest = sys.argv[1:]
    if command == "create":
        name, config = rest
        ask_patiently("PUT", f"{url}/connectors/{name}/config", json.loads(config))
    elif command == "delete":
        ask_patiently("DELETE", f"{url}/connectors/{rest[0]}")
    elif command == "revive":
        revive(url, rest[0])
    elif command == "states":
        print("\n".join(states(url)))
    else:
        sys.exit("create, states or delete")


main()
