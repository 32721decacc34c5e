# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernel's own tests of memory (tools/testing/selftests/mm), built from
# Debian's source package of each kernel, for tools/guest/fetch. Nothing of them
# is in this tree.

# mmtests_build SOURCE OUT: what builds of them with this machine's compiler and
# libraries; the others are left out.
mmtests_build() {
	local source=$1 out=$2 dir=$1/tools/testing/selftests/mm
	# Until 6.2 it had another name.
	[[ -d $dir ]] || dir=$source/tools/testing/selftests/vm
	make -s -C "$source" ARCH=x86_64 headers
	make -s -k -j"$(nproc)" -C "$dir" OUTPUT="$out" \
		KHDR_INCLUDES="-isystem $source/usr/include" > "$out.log" 2>&1 || true
}

# mmtests_fetch KERNEL: programs in the cache's mm-tests/KERNEL.
mmtests_fetch() {
	local dir=$svma_cache/mm-tests/$1 tmp
	[[ -e $dir ]] && return
	cache_lock "mm-tests-$1"
	[[ -e $dir ]] && return
	kernel_fetch "$1"
	kernel_select "$1"
	say "fetching the source of kernel $1 for its tests of memory (about 150 MB)"
	temp_dir tmp
	mkdir "$tmp/built" "$tmp/tests"
	# shellcheck disable=SC2034 # for source_unpack
	kernel_match=$(kernel_release | cut -d. -f1,2).0
	source_unpack "$tmp/source"
	say "building them"
	mmtests_build "$tmp/source" "$tmp/built"
	find "$tmp/built" -maxdepth 1 -type f -perm /111 -exec cp -t "$tmp/tests" {} +
	[[ -n $(ls "$tmp/tests") ]] || die "none of the tests of kernel $1 builds: $(tail -n 5 "$tmp/built.log")"
	mkdir -p "${dir%/*}"
	mv -T "$tmp/tests" "$dir"
	say "$(find "$dir" -type f | wc -l) tests of memory of kernel $1 are in $dir"
}
