"""Google's XML interface, as far as a tier needs it, before fake-gcs-server, which has uploads in the JSON interface only.

Usage: front.py PORT STORE_PORT. An upload and its condition (x-goog-if-generation-match) become the JSON interface's; the
condition is checked by the store. Of a listing what start-after leaves out is left out here. Everything else passes as it is."""

import http.client
import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit

PORT, STORE = int(sys.argv[1]), int(sys.argv[2])
CONDITION = "x-goog-if-generation-match"
HOP = {"connection", "transfer-encoding", "keep-alive", "host", "content-length"}


def forward(method, path, body, headers):
    connection = http.client.HTTPConnection("127.0.0.1", STORE, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    headers = {name: value for name, value in answer.getheaders() if name.lower() not in HOP}
    return answer.status, headers, text, answer.getheader("Content-Length", "0")


class Front(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self, status, headers, body, length=None):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def body(self): return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def sent(self): return {name: value for name, value in self.headers.items() if name.lower() not in HOP}

    def do_PUT(self):
        bucket, _, name = urlsplit(self.path).path.lstrip("/").partition("/")
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=media&name={quote(unquote(name), safe='')}"
        if CONDITION in self.headers:
            path += "&ifGenerationMatch=" + self.headers[CONDITION]
        status, headers, text, _ = forward("POST", path, self.body(), self.sent())
        if status == 200:
            made = json.loads(text)
            headers, text = {"ETag": made.get("etag", '"0"'), "x-goog-generation": str(made["generation"])}, b""
        self.answer(status, headers, text)

    def do_GET(self):
        status, headers, text, length = forward(self.command, self.path, self.body(), self.sent())
        after = parse_qs(urlsplit(self.path).query).get("start-after")
        if after and status == 200:
            behind = lambda found: found.group(0) if found.group(1) > after[0] else ""
            text = re.sub(r"<Contents><Key>(.*?)</Key>.*?</Contents>", behind, text.decode()).encode()
        self.answer(status, headers, text, length if self.command == "HEAD" else None)

    do_HEAD = do_POST = do_DELETE = do_GET

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


Server(("127.0.0.1", PORT), Front).serve_forever()
