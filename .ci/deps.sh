#!/usr/bin/env bash
# Looks for what building and testing need, installs what is missing where it may, and says exactly what to
# install where it may not. Installing a server here starts nothing, now or at the next boot.
#
# Usage: .ci/deps.sh [PACKAGE …]     further Debian packages that must be there
#        .ci/deps.sh --run           only what "make run" needs
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'deps: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

# A package counts as there when the thing in it that we use is there, whoever installed it.
there() {
	case $1 in
	gcc) command -v gcc ;;
	libc6-dev) printf '#include <stdlib.h>\n' | gcc -E - ;;
	prosody) command -v prosody || test -x /usr/bin/prosody ;;
	prosody-modules) test -f /usr/lib/prosody/modules/mod_privilege/mod_privilege.lua ;;
	ejabberd) command -v erl && ls /usr/lib/*/ejabberd-*/ebin/ejabberd.app ;;
	jabberd2) test -x /usr/sbin/jabberd2-router && ls /usr/lib/*/jabberd2/mod_disco.so ;;
	python3-slixmpp) /usr/bin/python3 -c 'import slixmpp' ;;
	python3-zeep) /usr/bin/python3 -c 'import zeep' ;;
	libsoap-lite-perl) /usr/bin/perl -MSOAP::Lite -e 1 ;;
	libxmlrpc-lite-perl) /usr/bin/perl -MXMLRPC::Lite -e 1 ;;
	libfrontier-rpc-perl) /usr/bin/perl -MFrontier::Client -e 1 ;;
	profanity-light) command -v profanity ;;
	tmux) command -v tmux ;;
	nodejs) command -v node ;;
	npm) command -v npm ;;
	ca-certificates) test -s /etc/ssl/certs/ca-certificates.crt || test -n "${SSL_CERT_FILE:-}" ;;
	*) dpkg-query -W -f '${Status}' "$1" | grep -q ' installed$' ;;
	esac >/dev/null 2>&1
}

check_go() {
	local want have
	want=$(sed -n 's/^go \([0-9]*\.[0-9]*\).*/\1/p' go.mod)
	command -v go >/dev/null || die "Go $want or newer is not in PATH; install it from your usual source"
	have=$(GOTOOLCHAIN=local go env GOVERSION | sed 's/^go//')
	if [ "$(printf '%s\n%s\n' "$want" "$have" | sort -V | head -n 1)" != "$want" ]; then
		die "Go $want or newer is needed, and this is Go $have ($(command -v go))"
	fi
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }
may_install() { command -v apt-get >/dev/null && { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }; }

# Sockets that listen, as "port inode"; the port in hexadecimal.
listening() { awk '$4 == "0A" { n = split($2, a, ":"); print a[n], $10 }' /proc/net/tcp /proc/net/tcp6 2>/dev/null | sort -u; }

# Invoke-rc.d asks policy-rc.d whether it may start a service; 101 forbids it. One that is there stays.
policy=/usr/sbin/policy-rc.d
forbid_starting() {
	[ -e "$policy" ] && return
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
	trap 'as_root rm -f "$policy"' EXIT
}

install_packages() {
	local apt=(apt-get -y -q -o DPkg::Lock::Timeout=300 --no-install-recommends install)
	export DEBIAN_FRONTEND=noninteractive
	as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" "$@" && return
	say "once more after apt-get update"
	as_root apt-get -q -o DPkg::Lock::Timeout=300 update
	as_root env DEBIAN_FRONTEND=noninteractive "${apt[@]}" "$@"
}

installed() { dpkg-query -W -f '${Package} ${db:Status-Status}\n' | awk '$2 == "installed" { print $1 }' | sort -u; }

# The services that the packages in the arguments bring, by name: units of systemd and scripts of init.
services() {
	[ $# -gt 0 ] || return 0
	dpkg-query -L "$@" 2>/dev/null | sed -n -E 's#^(/usr)?/lib/systemd/system/([^/@]+)\.(service|socket)$#\2#p; s#^/etc/init\.d/([^/]+)$#\1#p' | sort -u
}

# A service that was just installed may not start at the next boot either.
disable() {
	local s
	for s in "$@"; do
		if [ -d /run/systemd/system ]; then as_root systemctl disable "$s.service" "$s.socket" >/dev/null 2>&1 || true; fi
		if [ -e "/etc/init.d/$s" ]; then as_root update-rc.d "$s" disable >/dev/null 2>&1 || true; fi
	done
}

# Nothing may listen that did not before, unless it has nothing to do with the services in the arguments.
check_silence() {
	local before=$1 port inode pid line s
	shift
	while read -r port inode; do
		for pid in $(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" 2>/dev/null | cut -d/ -f3 | sort -u); do
			line=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null || true)
			for s in "$@"; do
				case $line in *"$s"*) die "the service $s was started: process $pid listens on port $((16#$port)): $line" ;; esac
			done
		done
	done < <(comm -13 <(printf '%s\n' "$before") <(listening))
}

check_go
needed=(prosody prosody-modules ca-certificates)
if [ "${1:-}" = --run ]; then
	shift
	only_run=yes
else
	needed+=(gcc libc6-dev ejabberd jabberd2 python3-slixmpp profanity-light tmux python3-zeep libsoap-lite-perl libxmlrpc-lite-perl libfrontier-rpc-perl nodejs npm)
fi
missing=()
for p in "${needed[@]}" "$@"; do
	there "$p" || missing+=("$p")
done
if [ ${#missing[@]} -gt 0 ]; then
	if ! may_install; then
		die "please install what these Debian packages have, then try again: apt-get install ${missing[*]}"
	fi
	say "installing ${missing[*]}"
	before=$(listening)
	packages=$(installed)
	forbid_starting
	install_packages "${missing[@]}" >.deps.log 2>&1 || { cat .deps.log >&2; die "could not install ${missing[*]}"; }
	rm -f .deps.log
	# Of all that is new, since what was asked for brings more with it (ejabberd: the port mapper of Erlang).
	mapfile -t new < <(comm -13 <(echo "$packages") <(installed))
	mapfile -t servers < <(services "${new[@]}")
	if [ ${#servers[@]} -gt 0 ]; then disable "${servers[@]}"; check_silence "$before" "${servers[@]}"; fi
	for p in "${missing[@]}"; do there "$p" || die "$p was installed, and yet it is not there"; done
	say "done"
fi

if [ -n "${only_run:-}" ]; then exit; fi

# SOAP and XML-RPC clients for the tests, below folders of the tests, exactly as locked; nothing of theirs runs meanwhile.
for clients in adapters/soap/testdata/clients adapters/xmlrpc/testdata/clients; do
	if ! cmp -s "$clients/package-lock.json" "$clients/node_modules/.installed"; then
		say "installing the clients of $clients"
		(cd "$clients" && npm ci --ignore-scripts --no-audit --no-fund) >.deps.log 2>&1 || { cat .deps.log >&2; die "npm ci failed in $clients"; }
		rm -f .deps.log
		cp "$clients/package-lock.json" "$clients/node_modules/.installed"
	fi
done
