#!/usr/bin/env bash
# A newcomer's first hour, on a Debian that has nothing: lays a Debian 12 into a folder, gives it make, git and
# this machine's Go, clones the committed HEAD, and there runs "make test", then "make run" until it says that
# it is ready. Mirror, proxy and certificates are this machine's own. Processes and mounts live in namespaces,
# so that nothing is left when it ends, however it ends.
#
# FRESH_MINUTES bounds it (default 45). FRESH_KEEP=1 keeps the folder.
set -euo pipefail
cd "$(dirname "$0")/.."
say() { printf 'fresh: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

if [ "${1:-}" != inside ]; then
	[ "$(id -u)" = 0 ] || die "needs root, for chroot and mounts"
	.ci/deps.sh debootstrap
	FRESH_ROOT=$(mktemp -d /var/tmp/imgate-fresh.XXXXXX)
	export FRESH_ROOT
	trap '[ -n "${FRESH_KEEP:-}" ] || rm -rf --one-file-system "$FRESH_ROOT"' EXIT
	timeout --kill-after=30 "${FRESH_MINUTES:-45}m" \
		unshare --mount --pid --fork --kill-child --mount-proc "$0" inside
	exit
fi

root=$FRESH_ROOT
suite=bookworm

# The Debian archives that this machine itself uses, as lines of a sources.list.
sources() {
	apt-get indextargets --format 'deb $(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' |
		grep -E " $suite(-updates|-security)? main\$" | sort -u
}

lay_debian() {
	local mirror proxy=''
	mirror=$(sources | awk -v suite=$suite '$3 == suite { print $2; exit }')
	[ -n "$mirror" ] || die "this machine's apt knows no Debian 12 ($suite)"
	eval "$(apt-config shell proxy Acquire::http::Proxy)"
	${proxy:+env http_proxy="$proxy"} debootstrap --variant=minbase --include=make,git,ca-certificates $suite "$root" "$mirror" >"$root.log" 2>&1 ||
		{ tail -n 20 "$root.log" >&2; die "debootstrap failed"; }
	rm -f "$root.log"
}

# What of this machine belongs to the way to the registries.
bring_access() {
	sources >"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https)::' >"$root/etc/apt/apt.conf.d/00machine" || true
	cp /etc/resolv.conf /etc/hosts "$root/etc/" 2>/dev/null || true
	cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
	if [ -d /usr/local/share/ca-certificates ]; then cp -rL /usr/local/share/ca-certificates "$root/usr/local/share/"; fi
}

bring_go() {
	mkdir -p "$root/usr/local/go"
	mount --bind "$(go env GOROOT)" "$root/usr/local/go"
	mount -o remount,bind,ro "$root/usr/local/go"
}

bring_kernel() {
	mount -t proc proc "$root/proc"
	mount -t tmpfs tmpfs "$root/dev"
	mkdir -p "$root/dev/pts" "$root/dev/shm"
	local d
	for d in null zero full random urandom tty; do
		touch "$root/dev/$d"
		mount --bind "/dev/$d" "$root/dev/$d"
	done
	ln -s /proc/self/fd "$root/dev/fd"
	mount -t tmpfs tmpfs "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts" # terminals of its own: some clients want one
	ln -s pts/ptmx "$root/dev/ptmx"
}

newcomer() {
	local v keep=()
	for v in GOPROXY GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE; do keep+=("$v=$(go env $v)"); done
	for v in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
		if [ -n "${!v:-}" ]; then keep+=("$v=${!v}"); fi
	done
	# node looks for certificates in its own places only
	keep+=(NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt)
	env -i HOME=/root TERM=dumb LANG=C.UTF-8 PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		"${keep[@]}" chroot "$root" "$@"
}

clone() {
	git bundle create -q "$root/root/imgate.bundle" HEAD
	newcomer git clone -q /root/imgate.bundle /root/imgate
}

# Runs a function as a named part, and tells how long it took.
part() {
	local name=$1 begin=$SECONDS
	shift
	"$@"
	printf '== %-8s %2d min %02d s\n' "$name" $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60))
}

say "laying Debian into $root"
part debian lay_debian
bring_access
bring_go
bring_kernel
clone
say "make test at $(git rev-parse --short HEAD)"
part test newcomer make -C /root/imgate test
[ ! -e "$root/usr/sbin/policy-rc.d" ] || die "make deps left its policy-rc.d behind"
say "make run"
part run newcomer bash /root/imgate/.ci/ready.sh make -C /root/imgate run
say "done"
