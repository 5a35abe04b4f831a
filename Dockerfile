# The relay with the page, built from source on the platform that the tests use. One package list: tools/packages.txt.
# Behind a proxy with a certificate authority of its own: docker build --secret id=ca,src=ca.pem .

FROM debian:trixie-slim AS build
WORKDIR /parley
COPY tools/setup tools/platform.sh tools/packages tools/packages.txt tools/apt-pin tools/
RUN PARLEY_SECTIONS=build tools/setup packages && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
RUN --mount=type=secret,id=ca,target=/run/ca.pem NODE_EXTRA_CA_CERTS=/run/ca.pem npm ci --no-audit --no-fund
COPY tools/fetch tools/wasm-deps tools/tarballs.lock tools/
COPY wasm-src/deps wasm-src/deps
RUN tools/wasm-deps
COPY . .
RUN CMAKE_OPTIONS=-DPARLEY_TESTS=OFF tools/build release:parleyd page && strip build/release/server/parleyd

FROM debian:trixie-slim
WORKDIR /parley
COPY tools/setup tools/platform.sh tools/packages tools/packages.txt tools/apt-pin tools/
RUN PARLEY_SECTIONS=run tools/setup packages \
    && useradd --system --home-dir /var/lib/parley --create-home --shell /usr/sbin/nologin parley \
    && rm -rf /parley /var/lib/apt/lists/* /var/cache/apt /root/.cache
WORKDIR /
COPY --from=build /parley/build/release/server/parleyd /usr/local/bin/parleyd
COPY --from=build /parley/build/page /usr/local/share/parley/page
COPY deploy/healthcheck /usr/local/bin/parleyd-healthcheck
USER parley
VOLUME /var/lib/parley
ENV PARLEY_PAGES=/usr/local/share/parley/page PARLEY_CERT_DIR=/var/lib/parley
EXPOSE 4443/tcp 4443/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["parleyd-healthcheck"]
ENTRYPOINT ["parleyd"]
