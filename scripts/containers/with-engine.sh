#!/bin/bash
# with-engine.sh COMMAND...   Run COMMAND where containers can be started; see README.md beside this file.
# COMMAND finds the compose program in $MOVIEREC_COMPOSE.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
CACHE=${MOVIEREC_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/movierec}/containers
mkdir -p "$CACHE"

use_compose() {
  if docker compose version >/dev/null 2>&1; then
    MOVIEREC_COMPOSE="docker compose"
  else
    [ -x "$CACHE/docker-compose" ] || "$HERE/build-compose.sh" "$CACHE/docker-compose"
    MOVIEREC_COMPOSE=$CACHE/docker-compose
  fi
  export MOVIEREC_COMPOSE
}

if docker info >/dev/null 2>&1; then
  use_compose
  exec "$@"
fi

if ! command -v podman >/dev/null || ! command -v runc >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "No container engine: start Docker, or install podman, runc, netavark and iptables." >&2
    exit 1
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends podman runc netavark iptables >/dev/null
fi
. "$HERE/engine-env.sh"
podman image exists neo4j:5.26-community || "$HERE/build-image.sh"
use_compose

end() {
  kill "$SERVICE" "$HEALTH" 2>/dev/null || true
  podman rm --force --all --volumes --time 5 >/dev/null 2>&1 || true
  podman network prune --force >/dev/null 2>&1 || true
}
trap end EXIT
rm -f "$MOVIEREC_ENGINE/podman.sock"
podman system service --time=0 "$DOCKER_HOST" >"$MOVIEREC_ENGINE/service.log" 2>&1 &
SERVICE=$!
# Podman leaves healthchecks to systemd timers. Where there are none, "up --wait" would wait for ever.
(
  while sleep 2; do
    for container in $(podman ps -q --filter health=starting --filter health=healthy --filter health=unhealthy); do
      timeout 20 podman healthcheck run "$container" || true
    done
  done
) >/dev/null 2>&1 &
HEALTH=$!
for _ in $(seq 100); do [ -S "$MOVIEREC_ENGINE/podman.sock" ] && break; sleep 0.1; done
[ -S "$MOVIEREC_ENGINE/podman.sock" ] || { cat "$MOVIEREC_ENGINE/service.log" >&2; exit 1; }
"$@"
