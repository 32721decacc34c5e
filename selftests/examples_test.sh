#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does the example print what Documentation/uapi.rst shows? TAP. Runs where the
# module is loaded; `make -C tools/examples` builds it.

cd "$(dirname "$0")/.." || exit

shown=$(awk '/^``make -C tools\/examples``/ { on = 1; next }
	on && /^    / { print substr($0, 5) }' Documentation/uapi.rst)
told=$(build/examples/hello_space 2>&1)
status=$?
if ((status == 0)) && [[ -n $shown && $told == "$shown" ]]; then
	echo "ok 1 - hello_space prints what the documentation shows"
else
	echo "not ok 1 - hello_space prints what the documentation shows"
	echo "# exit status $status"
	diff <(echo "$shown") <(echo "$told") | sed 's/^/# /'
fi
echo "1..1"
