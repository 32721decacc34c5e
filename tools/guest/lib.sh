# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the scripts of this folder share: messages, the cache, locks.
#
# The cache lies outside the work tree, so that `make clean` and a fresh clone
# keep it. Everything in it is made under another name and then renamed: what
# has its final name is whole, also after an interrupted fetch.

set -euo pipefail

# shellcheck disable=SC2034 # for the scripts
svma_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
svma_cache=${SVMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/svma}

# A make that started us has nothing to say to the builds that we start.
unset MAKEFLAGS MFLAGS MAKELEVEL

say() { printf '==> %s\n' "$*" >&2; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# as_root COMMAND...: run it as root, through sudo where we are not root.
as_root() {
	if [[ $(id -u) == 0 ]]; then
		"$@"
	elif have sudo; then
		sudo "$@"
	else
		die "needs root, and there is no sudo: run as root: $*"
	fi
}

# cache_lock NAME: wait until nobody else works on that part of the cache. The
# lock lasts until this shell (and what it started) ends.
cache_lock() {
	local fd
	mkdir -p "$svma_cache"
	exec {fd}> "$svma_cache/.lock-$1"
	if ! flock -n "$fd"; then
		say "waiting for another run that prepares $1"
		flock "$fd"
	fi
}

# temp_dir VAR: make a folder in the cache that goes away with this shell. It
# is in the cache so that a rename to its final name stays on one file system.
# One that a killed shell left goes away a day later.
temp_dirs=()
temp_dir() {
	mkdir -p "$svma_cache"
	find "$svma_cache" -maxdepth 1 -name '.tmp-*' -mmin +1440 -exec rm -rf {} +
	printf -v "$1" '%s' "$(mktemp -d "$svma_cache/.tmp-XXXXXX")"
	temp_dirs+=("${!1}")
	trap 'rm -rf "${temp_dirs[@]}"' EXIT
}
