#!/bin/sh
# Registers the SPIFFE ID of each compose service with the SPIRE server.
set -eu

register() {
  spire-server entry create \
    -parentID spiffe://brook.example/host \
    -spiffeID "spiffe://brook.example/services/$1" \
    -selector "docker:label:com.docker.compose.service:$1"
}

register config-store
register ingest
register archive
register forecast
register router
register mail-1
register station-agent
