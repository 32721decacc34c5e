#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Does DKMS build, install and remove the module? TAP. All of it in a folder of
# its own, for kernels that are in the cache and not on this machine.

cd "$(dirname "$0")/.." || exit
. tools/guest/lib.sh
. tools/guest/kernels.sh
set +eu

{ tools/setup test && tools/guest/fetch 6.1; } || die "no set-up"
tmp=
temp_dir tmp
mkdir "$tmp"/{tree,source,install}
count=0

point() {
	count=$((count + 1))
	if (($1 == 0)); then
		echo "ok $count - $2"
	else
		echo "not ok $count - $2"
		sed 's/^/# /' "$tmp/log"
		tail -n 30 "$tmp"/tree/svma/*/build/make.log 2>/dev/null | sed 's/^/# /'
	fi
}

private_dkms() {
	local verb=$1
	shift
	dkms "$verb" -m svma -v "$version" --dkmstree "$tmp/tree" \
		--sourcetree "$tmp/source" --installtree "$tmp/install" "$@" > "$tmp/log" 2>&1
}

setting() { sed -n "s/^$1=\"\(.*\)\"/\1/p" dkms.conf; }
version=$(setting PACKAGE_VERSION)
ours=$(setting BUILD_EXCLUSIVE_KERNEL)
make -s dkms-source DKMS_SOURCE="$tmp/source/svma-$version" > "$tmp/log" 2>&1
point $? "the sources install"
private_dkms add
point $? "dkms add"

for kernel in $(kernel_names); do
	kernel_select "$kernel"
	[[ -d $kernel_dir && -z $kernel_config ]] || continue
	release=$(kernel_release)
	echo "$release" > "$tmp/log"
	[[ $release =~ $ours ]]
	point $? "dkms.conf is for kernel $kernel"
	# The others would need that machine's compiler.
	[[ $kernel_builder == machine ]] || continue

	mkdir "$tmp/install/$release"
	target=(-k "$release" --kernelsourcedir "$(readlink -f "$kernel_dir/headers")")
	private_dkms build "${target[@]}"
	point $? "dkms build for $kernel"
	private_dkms install --no-depmod "${target[@]}"
	point $? "dkms install for $kernel"
	file=$(find "$tmp/install/$release" -name 'svma.ko*')
	modinfo -F vermagic "$file" > "$tmp/log" 2>&1 && grep -q "^$release " "$tmp/log"
	point $? "the module installed is for $kernel"
	private_dkms remove "${target[@]}"
	point $? "dkms remove for $kernel"
	file=$(find "$tmp/install/$release" -name 'svma.ko*')
	echo "left: $file" > "$tmp/log"
	[[ -z $file ]]
	point $? "nothing is left for $kernel"
done

[[ ! 5.10.0-1-amd64 =~ $ours && ! 7.99.0-1-amd64 =~ $ours ]]
point $? "dkms.conf is not for kernels that nobody tried"
echo "1..$count"
