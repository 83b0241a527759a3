#!/usr/bin/env bash
# Runs a command as a named part, and tells how long it took. Usage: .ci/part.sh NAME COMMAND …
# Where CI_TIMES names a file, the time is appended to it too.
name=$1
shift
begin=$(date +%s)
"$@"
code=$?
took=$(($(date +%s) - begin))
line=$(printf '== %-8s %2d min %02d s%s' "$name" $((took / 60)) $((took % 60)) "$([ $code = 0 ] || echo ", failed ($code)")")
printf '%s\n' "$line"
if [ -n "${CI_TIMES:-}" ]; then printf '%s\n' "$line" >>"$CI_TIMES"; fi
exit $code
