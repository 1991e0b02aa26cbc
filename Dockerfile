# Esker's image, and for docker-compose.yml one of MinIO, which publishes none any more.
#
#   docker build -t esker .
#   docker run -p 9092:9092 -p 9464:9464 esker

# --- MinIO, from its Go module at a pinned version ----------------------------------------------------------------------
FROM golang:1.26-bookworm AS minio-build
ARG MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
RUN CGO_ENABLED=0 GOBIN=/out go install -trimpath -ldflags "-s -w" "github.com/minio/minio@${MINIO_VERSION}"

FROM debian:bookworm-slim AS minio
RUN useradd --system --uid 10002 --home-dir /data --create-home minio
COPY --from=minio-build /out/minio /usr/local/bin/minio
USER minio
VOLUME /data
EXPOSE 9000
ENTRYPOINT ["minio"]
CMD ["server", "/data", "--address", ":9000"]

# --- Esker ----------------------------------------------------------------------------------------------------------------
FROM rust:1.95-bookworm AS build
WORKDIR /esker
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/esker/target \
    cargo build --release --locked --bin esker \
    && install -D target/release/esker /out/esker

FROM debian:bookworm-slim AS esker
# Certificates for an S3 service behind TLS; a user without rights, who owns the data and nothing else.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/esker --create-home esker
COPY --from=build /out/esker /usr/local/bin/esker
COPY config/server.properties config/minio.properties /etc/esker/
USER esker
WORKDIR /var/lib/esker
VOLUME /var/lib/esker
EXPOSE 9092 9464
# The shell's own sockets, so that the image needs no HTTP client.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9464 && printf 'GET /health HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["esker"]
# The built-in configuration, listening beyond the container. Name a file instead with: server --config /etc/esker/...
CMD ["server", \
    "--override", "listeners=PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093", \
    "--override", "advertised.listeners=PLAINTEXT://localhost:9092", \
    "--override", "esker.http.listener=0.0.0.0:9464"]
