# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# A private apt for each suite: own sources, lists and caches, so that packages
# of other suites can be fetched without a change to the machine's own apt. The
# mirror is the one that the machine is set up for, the proxy settings too.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# apt_site PATTERN: where the machine gets the suite that matches PATTERN from,
# by its sources alone: it need not have fetched the suite's lists yet.
apt_site() {
	apt-get indextargets --no-release-info --format '$(SITE) $(RELEASE)' \
		'Created-By: Packages' |
		awk -v p="^($1)\$" '$2 ~ p && !site { site = $1 } END { print site }'
}

# apt_mirror: where the machine gets Debian from.
apt_mirror() {
	local site
	site=$(apt_site 'bookworm|trixie|stable|oldstable')
	[[ -n $site ]] || die "apt on this machine knows no Debian mirror"
	echo "$site"
}

# apt_sources SUITE OPTIONS: lines of a sources.list for it.
apt_sources() {
	local suite=$1 options=$2 site security
	site=$(apt_mirror)
	printf 'deb [%s] %s %s main\n' "$options" "$site" "$suite"
	[[ $suite == *-backports ]] && return
	# The machine's security mirror serves its own release; no matter if
	# there is none.
	security=$(apt_site ".*-security")
	[[ -z $security ]] ||
		printf 'deb [%s] %s %s-security main\n' "$options" "$security" "$suite"
}

# apt_machine_trusts: the machine's own sources are taken without signatures.
apt_machine_trusts() {
	grep -rqiE 'trusted *[=:] *yes' /etc/apt/sources.list \
		/etc/apt/sources.list.d 2>/dev/null
}

# apt_private TOOL SUITE ARGS...: apt-get or apt-cache on the private setup.
apt_private() {
	local tool=$1 dir=$svma_cache/apt/$2
	shift 2
	"$tool" -q -o Dir::Etc::sourcelist="$dir/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State::lists="$dir/lists" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root \
		-o APT::Architecture=amd64 "$@"
}

# apt_refresh SUITE: get the suite's package lists.
apt_refresh() {
	local suite=$1 dir=$svma_cache/apt/$1
	mkdir -p "$dir"/{lists,cache/archives}/partial
	: > "$dir/status"
	[[ -e $keyring ]] || "$svma_root/tools/setup" test

	apt_sources "$suite" "signed-by=$keyring" > "$dir/sources.list"
	if apt_private apt-get "$suite" update --error-on=any >&2; then
		return
	elif apt_machine_trusts; then
		say "no signature on $suite; taken unsigned, as this machine's own sources are"
		apt_sources "$suite" "trusted=yes" > "$dir/sources.list"
		apt_private apt-get "$suite" update --error-on=any >&2
	else
		return 1
	fi
}

# apt_depends SUITE PACKAGE PATTERN: the first dependency of that name.
apt_depends() {
	apt_private apt-cache "$1" depends --no-recommends --no-suggests "$2" |
		awk -v p="^$3\$" '/Depends:/ && $2 ~ p { print $2; exit }'
}

# apt_fetch SUITE DIR PACKAGE...: download the packages into DIR.
apt_fetch() {
	local suite=$1 dir=$2
	shift 2
	(cd "$dir" && apt_private apt-get "$suite" download "$@" >&2)
}

# unpack DIR DEB...: the files of packages, without an installation. Links that
# stand for folders (/lib on newer releases) stay links.
unpack() {
	local dir=$1 deb
	shift
	mkdir -p "$dir"
	for deb; do
		dpkg --fsys-tarfile "$deb" |
			tar -x --keep-directory-symlink --no-same-owner -C "$dir"
	done
}
