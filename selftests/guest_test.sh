#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does tools/guest/run tell the truth? TAP. Each point boots a guest.

run=$(dirname "$0")/../tools/guest/run
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
count=0

# expect STATUS WHAT [OPTION]... -- COMMAND...: run it; its status must be that.
expect() {
	local want=$1 what=$2 got
	shift 2
	rm -rf "$tmp/scratch"
	"$run" --out "$tmp/scratch" "$@" > "$tmp/out" 2> "$tmp/err"
	got=$?
	[[ $got == "$want" ]]
	point $? "$what" "status $got, not $want"
}

# point STATUS WHAT WHY: one line of TAP, and on failure what the guest said.
point() {
	count=$((count + 1))
	if (($1 == 0)); then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		echo "# $3"
		tail -n 30 "$tmp/out" "$tmp/err" | sed 's/^/# /'
	fi
}

# said FILE PATTERN: the last guest said it there.
said() {
	grep -q -- "$2" "$1"
	point $? "... and says \"$2\"" "not found in ${1##*/}"
}

expect 3 "a command's exit status passes through" -- \
	sh -c 'echo to stdout; echo to stderr >&2; echo kept > $SVMA_SCRATCH/file; exit 3'
cmp -s "$tmp/out" <(echo to stdout)
point $? "standard output has the command's output and nothing else" ""
grep -qx 'to stderr' "$tmp/err"
point $? "standard error has its own" ""
[[ $(cat "$tmp/scratch/file" 2>/dev/null) == kept ]]
point $? "the scratch folder is the --out folder" ""
grep -q 'svma-guest: begin' "$tmp/scratch/kernel.log"
point $? "the kernel's log is kept there" ""

expect 0 "arguments arrive as they were" --no-module -- \
	printf '%s|' 'a b' "it's" '$HOME' ''
[[ $(cat "$tmp/out") == "a b|it's|\$HOME||" ]]
point $? "... each of them" "got $(cat "$tmp/out")"

expect 125 "a warning of the kernel is a failure, whatever the command says" \
	--no-module -- sh -c 'echo "WARNING: planted" > /dev/kmsg; exit 0'
said "$tmp/err" 'the kernel reports: .*WARNING: planted'
expect 125 "a crash of the kernel is a failure" \
	--no-module -- sh -c 'echo c > /proc/sysrq-trigger; sleep 60'
said "$tmp/err" 'Call Trace'
expect 124 "the end of the time is a failure" --no-module --timeout 15 -- \
	sh -c 'echo soon; sleep 1000'
said "$tmp/out" soon
said "$tmp/err" 'no end after 15 seconds'
expect 125 "a module that something still uses is a failure" -- \
	sh -c 'sleep 1000 < /dev/svma & exit 0'
said "$tmp/err" 'rmmod svma failed'

# Reports of races: those of the kernel alone are told apart, what is in doubt is not.
passed_over='one / two,five / six,jiffies / seven,timer / eleven,call,memory'
head='BUG: KCSAN: data-race in'
frame='put+0x12/0x34'
heap='read to 0xffff888000b531c0 of 8 bytes by task 1'
line=$(printf '=%.0s' {1..66})
printf '[ 1.0] %s\n' "$line" "$head one / two" "$frame" "$line" 'WARNING: between' \
	"$line" "$head three / four" "$frame [svma]" "$frame" "$line" \
	"$line" "$head five / six" "$frame" "$line" \
	"$line" "$head jiffies / seven" "write to 0xffffffff81c069c0 of 8 bytes by task 1" "$frame" \
	"$frame [svma]" "$line" \
	"$line" "$head heap / eight" "write to 0xffff888000b05308 of 8 bytes by task 1" "$frame" \
	"$frame [svma]" "$line" \
	"$line" "$head timer / eleven" "read to 0xffff888000b05308 of 8 bytes by interrupt on" \
	"$frame" " asm_sysvec_apic_timer_interrupt+0x1b/0x20" "$frame [svma]" "$line" \
	"$line" "$head nine / ten" "read to 0xffffffff81c069c0 of 8 bytes by task 1" \
	"$frame [svma]" "$line" \
	"$line" "$head call" "race at unknown origin, with $heap" " smp_call_function_many_cond+0x1/0x2" \
	"$frame [svma]" "$line" \
	"$line" "$head memory" "$heap" "$frame" " __alloc_pages_noprof+0x1/0x2" "$frame [svma]" "$line" \
	"$line" "$head call / twelve" "$heap" " smp_call_function_many_cond+0x1/0x2" "$frame [svma]" \
	"$heap" "$frame" "$line" \
	"$head without / end" "$frame" > "$tmp/races"
awk -v elsewhere="$tmp/elsewhere" -f "${run%/*}/races.awk" "$tmp/races" > "$tmp/judged"
[[ $(sed 's/.* in //' "$tmp/elsewhere" | paste -sd, ) == "$passed_over" ]]
point $? "races of the kernel alone are passed over, and told" "$(cat "$tmp/elsewhere")"
[[ $(grep -cE 'KCSAN|WARNING' "$tmp/judged") == 6 && $(grep -c "$frame" "$tmp/judged") == 17 ]]
point $? "... and nothing else" "$(cat "$tmp/judged")"

# A machine that dies in its first seconds, $1 times, and then is the real one.
dying() {
	mkdir -p "$tmp/bin"
	echo "$1" > "$tmp/deaths"
	cat > "$tmp/bin/qemu-system-x86_64" <<-END
		#!/bin/bash
		left=\$(< "$tmp/deaths")
		((left == 0)) && exec "$(command -v qemu-system-x86_64)" "\$@"
		echo \$((left - 1)) > "$tmp/deaths"
		for word; do
			[[ \$word == file,id=log,path=* ]] &&
				echo 'Kernel panic - not syncing: planted' > "\${word#*path=}"
		done
		exit 0
	END
	# It is gone before those who read from it have begun.
	printf '#!/bin/bash\nsleep 0.2\nexec %s "$@"\n' "$(command -v cat)" > "$tmp/bin/cat"
	chmod +x "$tmp/bin/"*
}
dying 2
PATH=$tmp/bin:$PATH expect 0 "a kernel that dies before anything was run is tried again" \
	--no-module -- echo alive
[[ $(cat "$tmp/out") == alive ]]
point $? "... and the command is run once" "got $(cat "$tmp/out")"
said "$tmp/err" 'died before anything was run'
dying 3
PATH=$tmp/bin:$PATH expect 125 "... twice, not for ever" --no-module -- echo alive

echo "1..$count"
