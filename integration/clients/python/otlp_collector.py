"""A collector on loopback that reads OTLP with OpenTelemetry's own messages and writes one line for each metric and span to its standard output.

    otlp_collector.py PORT [refusals]     answers 503 to so many requests first
"""
import http.server
import sys

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

refusals = int(sys.argv[2]) if len(sys.argv) > 2 else 0


def attributes(pairs):
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in pairs}


def say(*words):
    print(*words, flush=True)


def show_metrics(body):
    request = ExportMetricsServiceRequest.FromString(body)
    for resource in request.resource_metrics:
        say("resource", sorted(attributes(resource.resource.attributes).items()))
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                kind = metric.WhichOneof("data")
                data = getattr(metric, kind)
                if kind != "gauge":
                    assert data.aggregation_temporality == 2, metric.name
                for point in data.data_points:
                    assert 0 < point.start_time_unix_nano <= point.time_unix_nano, metric.name
                    if kind == "histogram":
                        assert len(point.bucket_counts) == len(point.explicit_bounds) + 1, metric.name
                        assert sum(point.bucket_counts) == point.count, metric.name
                        value = point.count
                    else:
                        value = point.as_double
                    say("metric", kind, metric.name, sorted(attributes(point.attributes).items()), value)


def show_spans(body):
    request = ExportTraceServiceRequest.FromString(body)
    for resource in request.resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                assert len(span.trace_id) == 16 and len(span.span_id) == 8
                assert span.start_time_unix_nano <= span.end_time_unix_nano
                words = attributes(span.attributes)
                say("span", span.name, words["messaging.client.id"], words["esker.reason"], "status", span.status.code)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global refusals
        body = self.rfile.read(int(self.headers["content-length"]))
        code = 200
        if refusals > 0:
            refusals -= 1
            code = 503
            say("refused", self.path)
        elif self.headers["content-type"] != "application/x-protobuf" or self.headers["x-tenant"] != "seven":
            code = 400
            say("bad", dict(self.headers))
        elif self.path == "/v1/metrics":
            show_metrics(body)
        elif self.path == "/v1/traces":
            show_spans(body)
        else:
            code = 404
        self.send_response(code)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
