"""Makes a bucket: one signed PUT, with Python's standard library. Usage: bucket.py NAME; endpoint and keys as in AWS_*."""

import datetime
import hashlib
import hmac
import http.client
import os
import sys
from urllib.parse import urlparse


def signed(key, text): return hmac.new(key, text.encode(), hashlib.sha256).digest()


def authorization(host, path, now):
    region, access = os.environ["AWS_REGION"], os.environ["AWS_ACCESS_KEY_ID"]
    empty = hashlib.sha256(b"").hexdigest()
    names = "host;x-amz-content-sha256;x-amz-date"
    canonical = f"PUT\n{path}\n\nhost:{host}\nx-amz-content-sha256:{empty}\nx-amz-date:{now}\n\n{names}\n{empty}"
    scope = f"{now[:8]}/{region}/s3/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (now[:8], region, "s3", "aws4_request"):
        key = signed(key, part)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {"x-amz-date": now, "x-amz-content-sha256": empty,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"}


def main():
    host, path = urlparse(os.environ["AWS_ENDPOINT_URL"]).netloc, f"/{sys.argv[1]}"
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("PUT", path, headers=authorization(host, path, now))
    response = connection.getresponse()
    text = response.read().decode(errors="replace")
    if response.status != 200 and "BucketAlreadyOwnedByYou" not in text:
        sys.exit(f"bucket {sys.argv[1]}: status {response.status}: {text}")


main()
