// SPDX-License-Identifier: GPL-2.0
/*
 * Shadow VMA: loading and unloading.
 */
#include <linux/miscdevice.h>
#include <linux/module.h>

#include "machine.h"
#include "main.h"
#include "space.h"
#include "watch.h"
#include "mem/contents.h"

struct kmem_cache *svma_space_cache;

static struct miscdevice svma_misc = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "svma",
	.fops = &svma_machine_fops,
	.mode = 0666,
};

static int __init svma_init(void)
{
	int err;

	svma_space_cache = KMEM_CACHE(svma_space, SLAB_ACCOUNT);
	if (!svma_space_cache)
		return -ENOMEM;
	svma_contents_setup();
	err = svma_ready_setup();
	if (err)
		goto err_ready;
	err = svma_core_setup();
	if (err)
		goto err_index;
	err = svma_reclaim_setup();
	if (err)
		goto err_reclaim;
	err = misc_register(&svma_misc);
	if (err)
		goto err_misc;
	return 0;

err_misc:
	svma_reclaim_cleanup();
err_reclaim:
	svma_core_cleanup();
err_index:
	svma_ready_cleanup();
err_ready:
	kmem_cache_destroy(svma_space_cache);
	return err;
}

static void __exit svma_exit(void)
{
	misc_deregister(&svma_misc);
	svma_reclaim_cleanup();
	svma_watch_cleanup();
	svma_core_cleanup();
	svma_ready_cleanup();
	kmem_cache_destroy(svma_space_cache);
}

module_init(svma_init);
module_exit(svma_exit);
MODULE_DESCRIPTION("Shadow VMA: private address spaces as objects");
MODULE_LICENSE("GPL");
