#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Do the examples print what they should? TAP. Runs where the module is loaded;
# `make -C tools/examples` builds them.

cd "$(dirname "$0")/.." || exit

count=0
# point WHAT STATUS EXPECTED TOLD: the program's exit status and output.
point() {
	count=$((count + 1))
	if (($2 == 0)) && [[ -n $3 && $3 == "$4" ]]; then
		echo "ok $count - $1"
	else
		echo "not ok $count - $1"
		echo "# exit status $2"
		diff <(echo "$3") <(echo "$4") | sed 's/^/# /'
	fi
}

shown=$(awk '/^``make -C tools\/examples``/ { on = 1; next }
	on && /^    / { print substr($0, 5) }' Documentation/uapi.rst)
told=$(build/examples/hello_space 2>&1)
point "hello_space prints what the documentation shows" $? "$shown" "$told"

# Each step changes the first page and one other; back at a step, all is as it was.
expected=$(
	for step in 1 2 3 4; do
		page=$((step * 1000000 / 1024 * 1024))
		echo "step $step changed [0, 1024) [$page, $((page + 1024)))"
	done
	for i in 0 1 2 3 4 5 6 7 8 9; do
		step=$((i * 3 % 5))
		echo "at step $step: array[0] is $((step + 2)), the others add up to $(((step + 1) * (step + 2) / 2 - 1))"
	done)
told=$(build/examples/time_machine 2>&1)
point "time_machine comes back to each step" $? "$expected" "$told"

told=$(build/examples/fuzz_loop 40 2> /dev/null)
status=$?
found=$(awk '{ print $1 }' <<< "$told")
point "fuzz_loop finds the same by restore and by fork" $status \
	"$found of 40 inputs found the word, $found with fork" "$told"

told=$(build/examples/fuzz_loop x 2>&1; build/examples/fuzz_loop 0 2>&1; echo $?)
usage="fuzz_loop: usage: build/examples/fuzz_loop [RUNS]"
point "fuzz_loop wants a number of inputs" 0 "$usage"$'\n'"$usage"$'\n2' "$told"
echo "1..$count"
