# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# What the style gates share: the list of files, and points of TAP.

set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
# shellcheck disable=SC2034 # for the gates
svma_cache=${SVMA_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/svma}
gate_count=0
gate_failed=0
gate_tmp=$(mktemp -d)
trap 'rm -rf "$gate_tmp"' EXIT

# files PATTERN...: the files of the work tree that match, new ones included,
# and what git ignores left out.
files() {
	local file
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r file; do
			[[ ! -f $file ]] || echo "$file"
		done
}

# A gate that sees no files would hold for nothing.
[[ -n $(files Makefile) ]] || {
	echo "Bail out! git does not list the files of $PWD"
	exit 1
}

# gate WHAT COMMAND...: one point; it holds where COMMAND succeeds.
gate() {
	local what=$1
	shift
	gate_count=$((gate_count + 1))
	if "$@" > "$gate_tmp/log" 2>&1; then
		echo "ok $gate_count - $what"
	else
		gate_failed=1
		echo "not ok $gate_count - $what"
		tail -n 100 "$gate_tmp/log" | sed 's/^/#   /'
	fi
}

gates_end() {
	echo "1..$gate_count"
	exit "$gate_failed"
}
