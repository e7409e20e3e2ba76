#!/bin/bash
# build-compose.sh OUTPUT   Build Docker Compose as one binary from its Go module; needs Go and a few minutes.
# ("go install module@version" refuses the module, because its go.mod has an exclude directive.)
set -euo pipefail
OUTPUT=${1:?usage: build-compose.sh OUTPUT}
VERSION=v2.40.3
command -v go >/dev/null || { echo "No docker compose, and no Go to build it with: install either." >&2; exit 1; }
echo "Building Docker Compose $VERSION ..." >&2
FOLDER=$(mktemp -d)
trap 'rm -rf "$FOLDER"' EXIT
cd "$FOLDER"
export CGO_ENABLED=0
go mod init movierec.local/compose >/dev/null 2>&1
go get "github.com/docker/compose/v2/cmd@$VERSION" >/dev/null 2>"$FOLDER/log" || { cat "$FOLDER/log" >&2; exit 1; }
go build -mod=mod -trimpath -o "$OUTPUT.new" \
  -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$VERSION" github.com/docker/compose/v2/cmd
mv "$OUTPUT.new" "$OUTPUT"
