// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "side.h"
#include "vec.h"

int svma_side_keep_file(struct svma_side *side, const char *path, int flags, int fd)
{
	struct svma_file *files = reallocarray(side->files, side->n_files + 1, sizeof(*files));

	if (!files)
		return -ENOMEM;
	side->files = files;
	files[side->n_files] = (struct svma_file){ .path = strdup(path), .flags = flags, .fd = fd };
	if (!files[side->n_files].path)
		return -ENOMEM;
	side->n_files++;
	return fd;
}

int svma_side_file(struct svma_side *side, const char *path, int flags)
{
	int fd;

	for (size_t i = 0; i < side->n_files; i++)
		if (side->files[i].flags == flags && !strcmp(side->files[i].path, path))
			return side->files[i].fd;
	fd = side->ops->open(side, path, flags);
	return fd < 0 ? fd : svma_side_keep_file(side, path, flags, fd);
}

void svma_side_stop(struct svma_side *side)
{
	if (!side->ops)
		return;
	side->ops->close(side);
	svma_vars_free(&side->vars);
	for (size_t i = 0; i < side->n_files; i++)
		free(side->files[i].path);
	free(side->files);
	*side = (struct svma_side){ 0 };
}

/* The host side: everything is done by the child. */

static int host_call(struct svma_side *side, const struct svma_verb *verb,
		     const __u64 args[SVMA_VERB_ARGS], struct svma_outcome *outcome)
{
	if (verb->nr < 0)
		return -EOPNOTSUPP;
	outcome->kind = SVMA_OUTCOME_RESULT;
	return svma_host_syscall(&side->host, verb->nr, args, &outcome->result);
}

/* A touch of memory gave 0, a signal or a negative errno. */
static int host_touched(int ret, struct svma_outcome *outcome)
{
	if (ret < 0)
		return ret;
	if (ret) {
		outcome->kind = SVMA_OUTCOME_SIGNAL;
		outcome->sig = ret;
	}
	return 0;
}

static int host_load(struct svma_side *side, __u64 addr, size_t n, struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_BYTES;
	outcome->n = n;
	return host_touched(svma_host_load(&side->host, addr, outcome->bytes, n), outcome);
}

static int host_store(struct svma_side *side, __u64 addr, const void *bytes, size_t n,
		      struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_RESULT;
	outcome->result = n;
	return host_touched(svma_host_store(&side->host, addr, bytes, n), outcome);
}

static int host_mincore(struct svma_side *side, __u64 addr, __u64 len,
			struct svma_outcome *outcome)
{
	__s64 result;
	int err = svma_host_mincore(&side->host, addr, len, outcome->bytes, &result);

	if (!err)
		svma_vec_outcome(outcome, result, len);
	return err;
}

static int host_fork(struct svma_side *side, bool child, struct svma_outcome *outcome)
{
	outcome->kind = SVMA_OUTCOME_RESULT;
	return svma_host_fork(&side->host, child);
}

static int host_open(struct svma_side *side, const char *path, int flags)
{
	return svma_host_open(&side->host, path, flags);
}

static void host_close(struct svma_side *side)
{
	svma_host_stop(&side->host);
}

static const struct svma_side_ops host_ops = {
	.name = "host",
	.call = host_call,
	.load = host_load,
	.store = host_store,
	.mincore = host_mincore,
	.fork = host_fork,
	.open = host_open,
	.close = host_close,
};

int svma_side_host(struct svma_side *side, bool randomize, bool bare)
{
	int err;

	*side = (struct svma_side){ .machine = -1, .space = -1 };
	err = svma_host_start(&side->host, randomize, bare);
	if (!err)
		side->ops = &host_ops;
	return err;
}
