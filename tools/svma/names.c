// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "names.h"
#include "verbs.h"

/* Names are compared up to here: none is longer. */
#define NAME_MAX_LENGTH 31

static const char *const names[] = {
#include "syscalls.h"
	/* Newer than the oldest headers that this is built with. */
	"cachestat", "fchmodat2", "file_getattr", "file_setattr", "futex_requeue", "futex_wait",
	"futex_wake", "getxattrat", "listmount", "listxattrat", "lsm_get_self_attr",
	"lsm_list_modules", "lsm_set_self_attr", "map_shadow_stack", "mseal", "open_tree_attr",
	"removexattrat", "setxattrat", "statmount", "uprobe", "uretprobe",
};

bool svma_name_known(const char *name)
{
	if (svma_verb_find(name, strlen(name)) || !strncmp(name, "syscall_0x", 10))
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Letters to put in, leave out, change, or swap with the next, to make one word of the other. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int d[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];
	size_t m = strlen(a), n = strlen(b);

	if (m > NAME_MAX_LENGTH || n > NAME_MAX_LENGTH)
		return ~0u;
	for (size_t i = 0; i <= m; i++)
		for (size_t k = 0; k <= n; k++) {
			d[i][k] = !i || !k ? i + k : d[i - 1][k - 1] + (a[i - 1] != b[k - 1]);
			if (!i || !k)
				continue;
			d[i][k] = least(d[i][k], least(d[i - 1][k], d[i][k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				d[i][k] = least(d[i][k], d[i - 2][k - 2] + 1);
		}
	return d[m][n];
}

const char *svma_name_nearest(const char *name)
{
	const char *nearest = NULL;
	unsigned int near = 3;

	/* One letter in a short word, two in others. */
	if (strlen(name) < 6)
		near = 2;
	for (const struct svma_verb *verb = svma_verbs; verb->name; verb++) {
		unsigned int far = distance(name, verb->name);

		if (far < near) {
			near = far;
			nearest = verb->name;
		}
	}
	return nearest;
}
