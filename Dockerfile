# A static silkwire in an image without a shell, run by nobody in particular.
# docs/operating.md tells how to build and run it.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /out/silkwire . && mkdir /out/data

# It has CA certificates and time zones, and the user nonroot (65532).
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/silkwire /usr/local/bin/silkwire
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# Only the volume is written to: docker run --read-only.
ENV SILKWIRE_DB=/data/silkwire.db
VOLUME /data
WORKDIR /data
ENTRYPOINT ["/usr/local/bin/silkwire"]
CMD ["serve"]
