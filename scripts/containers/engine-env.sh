# Source this: Podman's settings in one folder of their own, and what testcontainers must know about it.
MOVIEREC_ENGINE=${MOVIEREC_ENGINE:-/tmp/movierec-engine}
mkdir -p "$MOVIEREC_ENGINE/run" "$MOVIEREC_ENGINE/storage" "$MOVIEREC_ENGINE/networks" "$MOVIEREC_ENGINE/libpod"

cat > "$MOVIEREC_ENGINE/containers.conf" <<CONF
[containers]
# Podman's own limits are above the hard ones inside some virtual machines, and runc then refuses to start.
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc" # crun refuses machines that mix cgroups v1 and v2
cgroup_manager = "cgroupfs"
events_logger = "file"
static_dir = "$MOVIEREC_ENGINE/libpod"
tmp_dir = "$MOVIEREC_ENGINE/run/libpod"
volume_path = "$MOVIEREC_ENGINE/volumes"
[network]
network_backend = "netavark"
network_config_dir = "$MOVIEREC_ENGINE/networks"
default_subnet = "10.92.0.0/24" # the usual one may belong to another Podman on the machine
CONF

cat > "$MOVIEREC_ENGINE/storage.conf" <<CONF
[storage]
driver = "${STORAGE_DRIVER:-overlay}"
runroot = "$MOVIEREC_ENGINE/run"
graphroot = "$MOVIEREC_ENGINE/storage"
CONF

export MOVIEREC_ENGINE
export CONTAINERS_CONF="$MOVIEREC_ENGINE/containers.conf" CONTAINERS_STORAGE_CONF="$MOVIEREC_ENGINE/storage.conf"
export DOCKER_HOST="unix://$MOVIEREC_ENGINE/podman.sock"
# The reaper's image cannot be had without a registry; with-engine.sh removes what is left over.
export TESTCONTAINERS_RYUK_DISABLED=true
# On a machine that is a container itself, testcontainers would look for its own network and not find it.
export TESTCONTAINERS_CONNECTION_MODE=docker_host
