# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=devel
# The same source and version make the same bytes.
RUN CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -trimpath -ldflags "-s -w -buildid= -X main.stamp=${VERSION}" -o /out/sheet24 ./cmd/sheet24 \
	&& mkdir /out/data

# Certificates and a user that is not root, and nothing else: no shell.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/sheet24 /sheet24
# The one place that is written to, and only with SQLite.
COPY --from=build --chown=65532:65532 /out/data /data
VOLUME /data
ENV SHEET24_LISTEN=0.0.0.0:3000 SHEET24_DATABASE_URL=sqlite:/data/sheet24.db
EXPOSE 3000
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=6s --start-period=20s CMD ["/sheet24", "health"]
ENTRYPOINT ["/sheet24"]
CMD ["serve", "--env-file", "/dev/null"]
