"""Makes a container in azurite: one signed PUT, with Python's standard library. Usage: container.py PORT NAME."""

import base64
import datetime
import hashlib
import hmac
import http.client
import sys

ACCOUNT = "devstoreaccount1"
# Published with azurite; every emulator has it.
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def main():
    port, name = sys.argv[1:]
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    text = "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:2020-10-02\n{resource}"
    digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    headers = {"x-ms-date": date, "x-ms-version": "2020-10-02", "Content-Length": "0",
               "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"}
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=10)
    connection.request("PUT", f"/{ACCOUNT}/{name}?restype=container", headers=headers)
    response = connection.getresponse()
    text = response.read().decode(errors="replace")
    if response.status not in (201, 409):
        sys.exit(f"container {name}: status {response.status}: {text}")


main()
