# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernels of the test matrix: the one place that knows them.
#
# A row is: name, suite that the packages come from, release that must match,
# where modules for it are built ("machine", or the Debian release of a folder
# to chroot into, for headers that need a newer compiler and libc).
#
# The version taken is the newest that the suite offers when it is fetched. A
# kernel that is built here rather than fetched would get a row of its own with
# the suite "-", and a function in tools/guest/fetch that makes the same four
# files: release, vmlinuz, modules/, headers.

kernel_table() {
	cat <<-'TABLE'
	6.1   bookworm            6.1.*   machine
	6.12  bookworm-backports  6.12.*  machine
	7     trixie-backports    7.*     trixie
	TABLE
}

kernel_names() { kernel_table | awk '{ print $1 }'; }

# kernel_select NAME: set kernel_{name,suite,match,builder,dir}.
kernel_select() {
	local row
	row=$(kernel_table | awk -v k="$1" '$1 == k')
	[[ -n $row ]] ||
		die "unknown kernel '$1' (known: $(kernel_names | paste -sd' '))"
	# shellcheck disable=SC2034 # for those who source this file
	read -r kernel_name kernel_suite kernel_match kernel_builder <<< "$row"
	kernel_dir=$svma_cache/kernel/$kernel_name
}

# kernel_release: the uname -r of the kernel that is in the cache.
kernel_release() { cat "$kernel_dir/release"; }
