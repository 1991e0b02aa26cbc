"""Asks the store for credentials that may do what the policy of docs/s3-permissions.md allows, and prints them as assignments for a shell.

Usage: assume.py PAGE BUCKET PREFIX [action that is left out]; endpoint and keys as in AWS_*.
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import re
import sys
from urllib.parse import urlencode, urlparse


def policy(page, bucket, prefix, left_out):
    text = re.search(r"```json\n(.*?)```", open(page).read(), re.S).group(1)
    document = json.loads(text.replace("my-bucket", bucket).replace("my-prefix", prefix))
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        statement["Action"] = [action for action in actions if action != left_out]
    document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
    return json.dumps(document)


def signed(key, text): return hmac.new(key, text.encode(), hashlib.sha256).digest()


def headers(host, body):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    region, access = os.environ["AWS_REGION"], os.environ["AWS_ACCESS_KEY_ID"]
    digest = hashlib.sha256(body.encode()).hexdigest()
    names = "content-type;host;x-amz-content-sha256;x-amz-date"
    kind = "application/x-www-form-urlencoded"
    canonical = f"POST\n/\n\ncontent-type:{kind}\nhost:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{now}\n\n{names}\n{digest}"
    scope = f"{now[:8]}/{region}/sts/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"]).encode()
    for part in (now[:8], region, "sts", "aws4_request"):
        key = signed(key, part)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    return {"content-type": kind, "x-amz-date": now, "x-amz-content-sha256": digest,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={access}/{scope}, SignedHeaders={names}, Signature={signature}"}


def main():
    page, bucket, prefix, left_out = (sys.argv + [""])[1:5]
    body = urlencode({"Action": "AssumeRole", "Version": "2011-06-15", "DurationSeconds": "3600",
                      "Policy": policy(page, bucket, prefix, left_out)})
    host = urlparse(os.environ["AWS_ENDPOINT_URL"]).netloc
    connection = http.client.HTTPConnection(host, timeout=10)
    connection.request("POST", "/", body, headers(host, body))
    response = connection.getresponse()
    answer = response.read().decode(errors="replace")
    if response.status != 200:
        sys.exit(f"AssumeRole: status {response.status}: {answer}")
    for variable, tag in (("AWS_ACCESS_KEY_ID", "AccessKeyId"), ("AWS_SECRET_ACCESS_KEY", "SecretAccessKey"),
                          ("AWS_SESSION_TOKEN", "SessionToken")):
        print(f"export {variable}={re.search(f'<{tag}>(.*?)</{tag}>', answer).group(1)}")


main()
