// SPDX-License-Identifier: GPL-2.0
/*
 * From an ioctl number and a user pointer to a handler and back.
 *
 * What this file answers, before or after the handler:
 *   ENOTTY  there is no such number for this kind of descriptor
 *   EINVAL  the caller's struct is shorter than its first version
 *   E2BIG   it is longer than the newest, and the part that we do not know is not zero
 *   EFAULT it cannot be read or written A handler answers 0, or an errno of its verb; EOPNOTSUPP
 *   for a flag or a feature that is not there, EINVAL for a reserved field that is not zero, EINTR
 *   when it was killed while it waited.
 *
 * Nothing of the answer is copied unless the handler succeeded, and no lock is held while it is.
 */
#include <linux/compiler.h>
#include <linux/file.h>
#include <linux/nospec.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#include "ioctl.h"
#include "words.h"
#include "core/core_internal.h"

static int svma_arg_get(struct svma_call *call, const void __user *user, unsigned int cmd,
			unsigned int known)
{
	u64 *arg = (u64 *)&call->arg;

	if (!(_IOC_DIR(cmd) & _IOC_WRITE)) {
		memset(arg, 0, known);
		return 0;
	}
	if (_IOC_SIZE(cmd) == known && svma_words_whole(known))
		return svma_words_get(arg, user, known);
	return copy_struct_from_user(arg, known, user, _IOC_SIZE(cmd));
}

static int svma_arg_put(const struct svma_call *call, void __user *user, unsigned int cmd,
			unsigned int known)
{
	unsigned int size = _IOC_SIZE(cmd);

	if (!(_IOC_DIR(cmd) & _IOC_READ))
		return 0;
	if (size == known && svma_words_whole(known))
		return svma_words_put(user, (const u64 *)&call->arg, known);
	if (copy_to_user(user, &call->arg, min(size, known)))
		return -EFAULT;
	if (size > known && clear_user(user + known, size - known))
		return -EFAULT;
	return 0;
}

long svma_ioctl_dispatch(const struct svma_ioctl *table, unsigned int rows, void *object,
			 unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	const struct svma_ioctl *op;
	unsigned int nr = _IOC_NR(cmd);
	struct svma_call call svma_unset;
	unsigned int known;
	int err;

	if (_IOC_TYPE(cmd) != SVMA_IOC_TYPE || nr >= rows)
		return -ENOTTY;
	op = &table[array_index_nospec(nr, rows)];
	if (!op->fn || _IOC_DIR(cmd) != _IOC_DIR(op->cmd))
		return -ENOTTY;
	if (_IOC_SIZE(cmd) < op->min_size)
		return -EINVAL;
	known = _IOC_SIZE(op->cmd);

	err = svma_arg_get(&call, user, cmd, known);
	if (err)
		return err;
	call.object = object;
	call.op = op;
	call.new_file = NULL;
	call.new_fd = -1;
	err = op->fn(&call);
	if (err)
		return err;

	err = svma_arg_put(&call, user, cmd, known);
	if (call.new_file) {
		/* The number is nobody's until the caller has been told it. */
		if (err) {
			put_unused_fd(call.new_fd);
			fput(call.new_file);
		} else {
			fd_install(call.new_fd, call.new_file);
		}
	}
	return err;
}

int svma_ioctl_info(struct svma_call *call)
{
	struct svma_info *info = &call->arg.info;

	info->abi_version = SVMA_ABI_VERSION;
	info->kernel = SVMA_KERNEL(LINUX_VERSION_MAJOR, LINUX_VERSION_PATCHLEVEL);
	info->features =
		SVMA_FEATURE_REGIONS | SVMA_FEATURE_WINDOWS | SVMA_FEATURE_RW | SVMA_FEATURE_TASK |
		SVMA_FEATURE_SNAPSHOT | SVMA_FEATURE_PAGES | SVMA_FEATURE_BATCH |
		SVMA_FEATURE_TRANSFER | SVMA_FEATURE_READY;
	info->page_size = SVMA_PAGE_SIZE;
	info->huge_page_size = SVMA_HUGE_SIZE;
	return 0;
}
