# A static silkwire in an image of nothing else: no shell, no package manager, no root.
#   docker build -t silkwire .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     --env-file .env -v silkwire:/data silkwire
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download && go mod verify
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /silkwire . && mkdir -m 0700 /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /silkwire /silkwire
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV SILKWIRE_DB=/data/silkwire.db HOME=/data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["/silkwire"]
CMD ["serve"]
