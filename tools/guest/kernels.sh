# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# The kernels of the test matrix: the one place that knows them.
#
# A row is: name, suite that the packages come from, release that must match,
# where modules for it are built ("machine", or the Debian release of a folder
# to chroot into, for headers that need a newer compiler and libc), and for a
# kernel that is compiled here the files of tools/guest/config that it is made
# of, on top of the smallest configuration.
#
# The version taken is the newest that the suite offers when it is fetched.
# Those that are compiled are for finding faults in our module, on demand of
# tests that name them; the others are what users have.

kernel_table() {
	cat <<-'TABLE'
	6.1    bookworm            6.1.*   machine
	6.12   bookworm-backports  6.12.*  machine
	7      trixie-backports    7.*     trixie
	debug  bookworm-backports  6.12.*  machine  guest,debug
	kcsan  bookworm-backports  6.12.*  machine  guest,kcsan
	TABLE
}

kernel_names() { kernel_table | awk '{ print $1 }'; }

# kernel_key FILES: a name for what these configurations say, whatever their
# comments do.
kernel_key() {
	local config
	for config in ${1//,/ }; do
		sed '/^#/d; /^$/d' "$svma_root/tools/guest/config/$config"
	done | sha256sum | cut -c1-12
}

# kernel_select NAME: set kernel_{name,suite,match,builder,config,dir}.
kernel_select() {
	local row
	row=$(kernel_table | awk -v k="$1" '$1 == k')
	[[ -n $row ]] ||
		die "unknown kernel '$1' (known: $(kernel_names | paste -sd' '))"
	# shellcheck disable=SC2034 # for those who source this file
	read -r kernel_name kernel_suite kernel_match kernel_builder kernel_config <<< "$row"
	kernel_dir=$svma_cache/kernel/$kernel_name
	[[ -z $kernel_config ]] || kernel_dir+=-$(kernel_key "$kernel_config")
}

# kernel_release: the uname -r of the kernel that is in the cache.
kernel_release() { cat "$kernel_dir/release"; }
