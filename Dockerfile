# Two stages: the first builds one static binary, the second holds nothing else.
# There is no shell, no package manager and no root in the image that runs.

# The Go version is go.mod's; a test holds the two together.
FROM golang:1.26 AS build
WORKDIR /src

# Modules first: this layer is built again only when they change.
COPY go.mod go.sum ./
RUN go mod download

COPY cmd ./cmd
COPY docs ./docs
COPY internal ./internal
COPY pkg ./pkg

# Last of all, because they differ in every build.
ARG VERSION=dev
ARG COMMIT=unknown
RUN CGO_ENABLED=0 go build -buildvcs=false -trimpath -tags nomsgpack \
      -ldflags "-s -w -X main.version=${VERSION} -X main.commit=${COMMIT}" \
      -o /out/auto-message-sender ./cmd/auto-message-sender \
 && mkdir -p /state/data /state/tmp \
 && chmod 1777 /state/tmp

FROM scratch

# Authorities to trust: the webhook is HTTPS more often than not.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/auto-message-sender /auto-message-sender
# What the service may write to: its database, and SQLite's temporary files. The
# directories are copied as contents of their parent, so that they keep the owner.
COPY --from=build --chown=65532:65532 /state/ /

# A number, not a name: Kubernetes can check runAsNonRoot, and scratch has no passwd.
USER 65532:65532

# A container has its own network, so loopback would be out of reach. On such an
# address the service starts only with API_KEYS, or when told API_AUTH=off.
ENV SERVER_HOST=0.0.0.0 \
    DATA_DIR=/data
VOLUME /data
EXPOSE 8080

# Asks /livez: a store that is away makes the service unready, not dead.
HEALTHCHECK --interval=10s --timeout=5s --start-period=15s --retries=3 \
  CMD ["/auto-message-sender", "healthcheck"]

# Drains what is in flight; see stop_grace_period in compose.yaml.
STOPSIGNAL SIGTERM

ARG VERSION=dev
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="auto-message-sender" \
      org.opencontainers.image.description="Sends pending messages from a durable store to a webhook, at a set pace" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${COMMIT}"

ENTRYPOINT ["/auto-message-sender"]
CMD ["serve"]
