#!/bin/bash
# with-chromium.sh COMMAND...   Run COMMAND with the path of a Chromium in $MOVIEREC_CHROMIUM; installs one where it may.
set -euo pipefail
find_chromium() {
  for name in "${MOVIEREC_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    [ -n "$name" ] && command -v "$name" && return
  done
  return 1
}
if ! find_chromium >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "No Chromium: install Chromium or Chrome, or name one: MOVIEREC_CHROMIUM=/path/to/chromium" >&2
    exit 1
  fi
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends chromium >/dev/null
fi
MOVIEREC_CHROMIUM=$(find_chromium)
export MOVIEREC_CHROMIUM
exec "$@"
