/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that failnth_test makes fail, and the space that they are made on.
 */
#ifndef SVMA_FAILNTH_H
#define SVMA_FAILNTH_H

#include <stdbool.h>
#include <sys/types.h>

/**
 * struct failnth_space - what a call is made on, the same each time
 * @stranger: who makes the calls is not in the cgroup that pays for the pages: no allocation of a
 *            page is then tried a second time
 * @machine: a machine of its own
 * @space: private pages 0-7, read-only 8-11, shared 16-23, of a file privately 32-35 and shared
 *         40-43, a heap; what is not of a file is written. The same once more, untouched
 * @other: a snapshot of it, where the case wants one, else -1
 * @made: a descriptor that the call made, or -1
 * @file: a memfd, for all spaces of the test
 * @more: another one, which no space has mapped
 * @task: a task that is traced and has pages 0-7 as the space has them, where the case wants it
 * @window: pages 0-419 of the space, where the case wants it
 * @second: a window that the call made, or NULL
 * @second_len: its bytes
 */
struct failnth_space {
	bool stranger;
	int machine, space, other, made;
	int file, more;
	pid_t task;
	char *window;
	char *second;
	unsigned long second_len;
};

#define FAILNTH_HEAP	at(1000)
#define FAILNTH_HOLE	48	/* first of the pages where nothing is */

/* Pages that no picture looks at, so that they are not there when the call comes. */
#define FAILNTH_FRESH_SHARED		100
#define FAILNTH_FRESH			110
#define FAILNTH_FRESH_FILE		120
#define FAILNTH_FRESH_FILE_SHARED	130
#define FAILNTH_STACK_TOP		400	/* first page of what grows down */
#define FAILNTH_WINDOW_PAGES		420

#define FAILNTH_SNAPSHOT	1	/* wants @other */
#define FAILNTH_WINDOW		2	/* wants @window */
#define FAILNTH_PAGES		4	/* may have brought in some of the pages when it fails */
#define FAILNTH_SPLIT		16	/* the kernel may have split the window before it fails */
#define FAILNTH_DONE		8	/* may have changed the regions: it fails at the pages */
#define FAILNTH_LOCKED		32	/* wants pages 0-7 locked */
#define FAILNTH_STACK		64	/* wants a region that grows down */
#define FAILNTH_TASK		128	/* wants @task */

/**
 * struct failnth_case - one call
 * @name: for messages
 * @flags: FAILNTH_*
 * @act: does it; an errno as a negative number
 * @answer: of @act, where nothing fails
 * @also: another refusal than ENOMEM and EFAULT (a signal, for a fault), or 0
 * @least: so many allocations or copies it makes at the least
 */
struct failnth_case {
	const char *name;
	unsigned int flags;
	long (*act)(struct failnth_space *s);
	long answer;
	long also;
	unsigned int least;
};

/* Each ends with a row without a name. */
extern const struct failnth_case failnth_verbs[], failnth_spaces[], failnth_listings[],
	failnth_faults[], failnth_windows[], failnth_told[];

static inline long failnth_zero(long ret)
{
	return ret < 0 ? ret : 0;
}

/* Has this process made an ioctl while it was watched? */
void failnth_watch(bool on);
bool failnth_made(unsigned int cmd);

int failnth_cgroup(void);	/* the cgroup that pays, for @stranger */
int failnth_files(struct failnth_space *s);
int failnth_make(struct failnth_space *s, const struct failnth_case *c);
void failnth_settle(struct failnth_space *s);	/* close what the call made */
void failnth_close(struct failnth_space *s);	/* all but the machine */
long failnth_drop(struct failnth_space *s);	/* all; the pages that stay charged */

/* Map the file at a page. */
long failnth_map(struct failnth_space *s, unsigned long page, unsigned long count, int flags,
		 int fd);

#endif /* SVMA_FAILNTH_H */
