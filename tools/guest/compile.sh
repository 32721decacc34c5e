# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A kernel of our own configuration, out of Debian's source package, for
# tools/guest/fetch.

# The kernel's own way to make a headers package.
# shellcheck disable=SC2016 # for make
install_headers='+$(srctree)/scripts/package/install-extmod-build'

# config_missing FILE...: what the files ask for and .config has not.
config_missing() {
	local line
	cat "$@" | grep '^CONFIG_' | while read -r line; do
		if [[ $line == *=n ]]; then
			! grep -q "^${line%n}" .config || echo "$line"
		else
			grep -qxF "$line" .config || echo "$line"
		fi
	done
}

# source_unpack DIR: the source of the selected kernel into DIR.
source_unpack() {
	local dir=$1 package=linux-source-${kernel_match%.*}
	apt_refresh "$kernel_suite"
	mkdir "$dir" "$dir.deb"
	apt_fetch "$kernel_suite" "$dir.deb" "$package"
	dpkg --fsys-tarfile "$dir.deb"/*.deb | tar -xO "./usr/src/$package.tar.xz" |
		tar -xJ --strip-components=1 -C "$dir" --exclude='Documentation/*/*'
	rm -r "$dir.deb"
}

# kernel_configure FILE...: .config out of these files, all of which must hold.
kernel_configure() {
	local missing
	make -s tinyconfig
	scripts/kconfig/merge_config.sh -m .config "$@"
	printf 'CONFIG_LOCALVERSION="-svma-%s"\n' "$kernel_name" >> .config
	make -s olddefconfig
	missing=$(config_missing "$@")
	[[ -z $missing ]] || die "this kernel does not take $missing"
}

# kernel_compile: the selected kernel, as kernel_fetch leaves one. QEMU starts
# the kernel as the linker made it, so nothing needs to be unpacked at boot.
kernel_compile() {
	local tmp files log
	IFS=, read -ra files <<< "$kernel_config"
	files=("${files[@]/#/$svma_root/tools/guest/config/}")
	say "compiling kernel $kernel_name from Debian's source (150 MB; 20 minutes of one processor)"
	temp_dir tmp
	mkdir "$tmp/kernel" "$tmp/kernel/modules"
	log=$tmp/log
	source_unpack "$tmp/source"
	# In the background, because a shell that is waited for by || does not stop at errors.
	(
		cd "$tmp/source"
		kernel_configure "${files[@]}"
		make -j"$(nproc)" vmlinux modules
		# what modules are built with, and nothing else
		make run-command KBUILD_RUN_COMMAND="$install_headers $tmp/kernel/headers"
		make -s kernelrelease > "$tmp/kernel/release"
		cp .config "$tmp/kernel/headers"
		strip -o "$tmp/kernel/vmlinuz" vmlinux
	) > "$log" 2>&1 &
	wait $! || {
		tail -n 40 "$log" >&2
		die "kernel $kernel_name does not compile"
	}
	mkdir -p "${kernel_dir%/*}"
	mv -T "$tmp/kernel" "$kernel_dir"
	say "kernel $(kernel_release) is in $kernel_dir"
}
