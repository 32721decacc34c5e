// SPDX-License-Identifier: GPL-2.0
/*
 * Faults for the checkers of the debug kernel to find, each once, when it is loaded; it does not
 * stay. What a checker says first ends lockdep, so the faults of locks come first. On the kernel
 * that looks for data races there is one, and nothing else.
 */
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DEFINE_SPINLOCK(spin);
static int shift = 40;
module_param(shift, int, 0);

static void plant_lock_order(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void plant_sleep(void)
{
	spin_lock(&spin);
	might_sleep();
	spin_unlock(&spin);
}

static void plant_shift(void)
{
	pr_info("planted: %d\n", 1 << shift);
}

static void plant_use_after_free(void)
{
	int *gone = kmalloc(64, GFP_KERNEL);

	if (!gone)
		return;
	OPTIMIZER_HIDE_VAR(gone);
	kfree(gone);
	WRITE_ONCE(gone[1], 1);
}

static void plant_leak(void)
{
	void *lost = kmalloc(1000, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(lost);
}

static unsigned long raced;

static noinline void planted_race(void)
{
	raced++;
}

static int plant_race_beside(void *unused)
{
	while (!kthread_should_stop()) {
		planted_race();
		cond_resched();
	}
	return 0;
}

static void plant_race(void)
{
	struct task_struct *beside = kthread_run(plant_race_beside, NULL, "planted");
	unsigned long end = jiffies + 5 * HZ;

	if (IS_ERR(beside))
		return;
	while (time_before(jiffies, end)) {
		planted_race();
		cond_resched();
	}
	kthread_stop(beside);
}

static int __init planted_init(void)
{
	if (IS_ENABLED(CONFIG_KCSAN)) {
		plant_race();
		return -EAGAIN;
	}
	plant_lock_order();
	plant_sleep();
	plant_shift();
	plant_use_after_free();
	plant_leak();
	return -EAGAIN;
}

module_init(planted_init);
MODULE_DESCRIPTION("Shadow VMA: faults for checkers to find");
MODULE_LICENSE("GPL");
