#!/bin/sh
# Boots one machine of the test cluster: a systemd with its own file system, processes,
# name and cgroups, in the network namespace that it is started in. What the machine
# writes stays in $DIR/disk, so that it is there after a reboot; /run and /tmp are not.
#
#   boot.sh NAME DIR PROGRAMS
#
# The caller has made mount, PID, IPC and UTS namespaces of its own.
set -eu
NAME=$1 DIR=$2 PROGRAMS=$3
CONTROLLERS='cpu cpuacct cpuset memory devices freezer blkio pids'

mount --make-rprivate /
if [ -z "${INSIDE:-}" ]; then
	# Below this machine's own groups, each machine has one that it takes for the root.
	for c in $CONTROLLERS systemd unified; do
		group=/sys/fs/cgroup/$c/kustomize-hybrid-$NAME
		mkdir -p "$group"
		if [ "$c" = cpuset ]; then
			cat /sys/fs/cgroup/cpuset/cpuset.cpus >"$group/cpuset.cpus"
			cat /sys/fs/cgroup/cpuset/cpuset.mems >"$group/cpuset.mems"
			echo 1 >"$group/cgroup.clone_children"
		fi
		echo $$ >"$group/cgroup.procs"
	done
	INSIDE=1 exec unshare --cgroup "$0" "$NAME" "$DIR" "$PROGRAMS"
fi

hostname "$NAME"
ROOT=$DIR/root
mkdir -p "$DIR/disk" "$DIR/overlay" "$ROOT" "$DIR/containerd" "$DIR/kubelet"
mount -t overlay -o "lowerdir=/,upperdir=$DIR/disk,workdir=$DIR/overlay" overlay "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t sysfs sysfs "$ROOT/sys"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/sys/fs/cgroup"
for c in $CONTROLLERS; do
	mkdir "$ROOT/sys/fs/cgroup/$c"
	mount -t cgroup -o "$c" cgroup "$ROOT/sys/fs/cgroup/$c"
done
mkdir "$ROOT/sys/fs/cgroup/systemd"
mount -t cgroup -o none,name=systemd cgroup "$ROOT/sys/fs/cgroup/systemd"
mount --rbind /dev "$ROOT/dev"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/run"
mount -t tmpfs tmpfs "$ROOT/tmp"
# Containers' file systems are overlays, too, and those cannot lie on an overlay.
for d in containerd kubelet; do
	mkdir -p "$ROOT/var/lib/$d"
	mount --bind "$DIR/$d" "$ROOT/var/lib/$d"
done
mkdir -p "$ROOT/opt/programs"
mount --bind "$PROGRAMS" "$ROOT/opt/programs"
mkdir -p "$ROOT/run/systemd/system/service.d" "$ROOT/run/systemd/transient"
for target in network network-online sysinit basic shutdown timers sockets paths multi-user local-fs remote-fs; do
	printf '[Unit]\nDefaultDependencies=no\n' >"$ROOT/run/systemd/system/$target.target"
done
printf '[Unit]\nDefaultDependencies=no\nWants=sockets.target timers.target paths.target\n' >"$ROOT/run/systemd/system/multi-user.target"
# There is no journal: each unit has a file.
printf '[Service]\nStandardOutput=append:/var/log/%%n.log\nStandardError=append:/var/log/%%n.log\n' >"$ROOT/run/systemd/system/service.d/log.conf"
# The answer of a service that is started for a connection is its output, as without this.
mkdir -p "$ROOT/run/systemd/system/kustomize-hybrid-health@.service.d"
printf '[Service]\nStandardOutput=socket\n' >"$ROOT/run/systemd/system/kustomize-hybrid-health@.service.d/output.conf"
mkdir -p "$ROOT/outside"
cd "$ROOT"
pivot_root . outside
umount -l /outside
mount --make-rshared / # as on a host: what is mounted in one container is seen in others
export container=cluster SYSTEMD_UNIT_PATH=/run/systemd/transient:/run/systemd/system:/etc/systemd/system:/usr/local/lib/systemd/system
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=console --log-level=info --show-status=no
