# syntax=docker/dockerfile:1
# Two stages: the same scripts that `make build` runs, then a small image with their result.
#
#   docker build -t bulkhead .
#   docker run -p 3000:3000 -e BULKHEAD_PUBLIC_URL=https://bulkhead.example.com \
#     -e DATABASE_URL=… -e BULKHEAD_SYSTEM_DATABASE_URL=… -e BULKHEAD_OWNER_DATABASE_URL=… bulkhead

FROM rust:1.95-bookworm AS build
COPY --from=node:22-bookworm-slim /usr/local/ /usr/local/
WORKDIR /bulkhead
ENV BULKHEAD_TOOLS_DIR=/tools

# The tools change rarely: they stay in a layer of their own, which only these files decide about.
COPY scripts/lib.sh scripts/setup scripts/setup-wasm-std scripts/
COPY scripts/pack-wasm scripts/pack-wasm
COPY style/package.json style/package-lock.json style/.npmrc style/
RUN scripts/setup rust browser

COPY . .
RUN scripts/build-frontend && scripts/build-server

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/bulkhead --create-home bulkhead
COPY --from=build /bulkhead/target/release/bulkhead /usr/local/bin/bulkhead
COPY --from=build /bulkhead/target/site /usr/local/share/bulkhead/site
COPY deploy/postgres/roles.sql LICENSE /usr/local/share/bulkhead/
USER bulkhead
WORKDIR /var/lib/bulkhead
# A container is reached from outside of it. There is no PostgreSQL in the image: DATABASE_URL and
# its two companions name one, and BULKHEAD_PUBLIC_URL says where people reach the server.
ENV BULKHEAD_ADDR=0.0.0.0:3000 \
    BULKHEAD_SITE_DIR=/usr/local/share/bulkhead/site \
    BULKHEAD_LOG_FORMAT=json
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["bulkhead", "healthcheck"]
ENTRYPOINT ["bulkhead"]
