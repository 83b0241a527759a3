#!/usr/bin/env bash
# Starts a command, waits until it says that it is ready, stops it as Ctrl-C would, and waits until it is gone.
# Usage: .ci/ready.sh COMMAND …; READY is the pattern to wait for, READY_SECONDS how long.
set -uo pipefail
pattern=${READY:-(^|[^[:alpha:]])[Rr]eady|[Ll]og in}
log=$(mktemp)
set -m # a process group of its own, which hears SIGINT
"$@" >"$log" 2>&1 &
group=$!
set +m
code=1
for _ in $(seq "${READY_SECONDS:-300}"); do
	if grep -q -E "$pattern" "$log"; then code=0; break; fi
	kill -0 "$group" 2>/dev/null || break
	sleep 1
done
cat "$log"
[ $code = 0 ] || echo "ready: it never said that it is ready" >&2
kill -INT -- "-$group" 2>/dev/null
for _ in $(seq 30); do
	kill -0 -- "-$group" 2>/dev/null || { rm -f "$log"; exit $code; }
	sleep 1
done
echo "ready: it did not stop within 30 s" >&2
kill -KILL -- "-$group"
exit 1
