#!/bin/sh
# The part of the official image's entrypoint that the tests use:
#   NEO4J_AUTH=neo4j/<password>   set when /data is new; NEO4J_AUTH=none turns authentication off
#   NEO4J_some_setting__name=v    the line some.setting_name=v in neo4j.conf
set -eu
[ "${1:-neo4j}" = neo4j ] || exec "$@"
HOME_DIR=/var/lib/neo4j
CONF=$HOME_DIR/conf/neo4j.conf
OPENS=
for package in java.lang java.io java.nio sun.nio.ch; do
  OPENS="$OPENS --add-opens=java.base/$package=ALL-UNNAMED"
done

# What the environment sets comes first; a default is added only where it sets nothing. Twice is an error to Neo4j.
: > "$CONF"
env | while IFS='=' read -r name value; do
  case "$name" in
    NEO4J_AUTH | NEO4J_HOME | NEO4J_EDITION | NEO4J_PLUGINS | NEO4J_ACCEPT_LICENSE_AGREEMENT) ;;
    NEO4J_[a-z]*)
      setting=$(echo "${name#NEO4J_}" | sed -e 's/__/%/g' -e 's/_/./g' -e 's/%/_/g')
      echo "$setting=$value" >> "$CONF"
      ;;
  esac
done
default() { grep -q "^$1=" "$CONF" || echo "$1=$2" >> "$CONF"; }
default server.default_listen_address 0.0.0.0
default server.directories.data /data
default server.directories.logs /logs
default server.memory.heap.max_size 512m
default server.memory.pagecache.size 128m

case "${NEO4J_AUTH:-}" in
  none) echo dbms.security.auth_enabled=false >> "$CONF" ;;
  neo4j/*)
    password=${NEO4J_AUTH#neo4j/}
    if [ ${#password} -lt 8 ]; then
      echo "Invalid value for password. The minimum password length is 8 characters." >&2
      exit 1
    fi
    if [ ! -d /data/databases/system ]; then
      # Read from neo4j.conf, so after it is written: where the data folder is.
      NEO4J_CONF=$HOME_DIR/conf java -Xmx128m -XX:TieredStopAtLevel=1 $OPENS -cp "$HOME_DIR/lib/*" \
        org.neo4j.cli.AdminTool dbms set-initial-password "$password"
    fi
    ;;
esac

heap=$(sed -n 's/^server\.memory\.heap\.max_size=//p' "$CONF")
more=$(sed -n 's/^server\.jvm\.additional=//p' "$CONF")
exec java "-Xmx$heap" -XX:+UseG1GC -XX:+ExitOnOutOfMemoryError $OPENS $more -Dlog4j2.disable.jmx=true \
  -cp "$HOME_DIR/lib/*" org.neo4j.server.CommunityEntryPoint \
  --home-dir="$HOME_DIR" --config-dir="$HOME_DIR/conf" --console-mode
