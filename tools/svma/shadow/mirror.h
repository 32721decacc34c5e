/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A mirror: one address space of the program, and the space that stands for it.
 */
#ifndef SVMA_SHADOW_MIRROR_H
#define SVMA_SHADOW_MIRROR_H

#include "client.h"
#include "proc.h"
#include "shadow.h"

struct shadow_contents;
struct shadow_file;
struct shadow_recorded;

/* Major number of /dev/null, /dev/zero and their kin, which are harmless to open. */
#define SHADOW_MEM_MAJOR 1

/**
 * struct shadow_asked - what the program asked for, for its address space (asked.c)
 * @mdwe: PR_MDWE_* that the address space was given
 * @mergeable: all memory is mergeable (PR_SET_MEMORY_MERGE)
 * @keys: a bit for each protection key that is given out
 * @machine: the machine has keys
 * @exec_key: of these the one of memory that can only be executed, 0 for none yet
 * @features: UFFD_FEATURE_* of the userfaultfd that was asked last
 */
struct shadow_asked {
	unsigned long mdwe;
	bool mergeable;
	__u32 keys;
	bool machine;
	unsigned int exec_key;
	__u64 features;
};

/**
 * struct shadow_mirror - one address space
 * @id: number for messages, from 1
 * @refs: tasks that use it
 * @pid: a task that can be asked about it
 * @space: descriptor of the space, -1 for none
 * @in_flight: calls between entry and exit
 * @mixed: another call was let go before the present ones ended: none of them can be judged
 * @stale: the space has to be read from the kernel before the next call
 * @imported: it was read once
 * @broken: it cannot be read: calls are only counted
 * @randomized: the kernel draws addresses at random
 * @layout: what the space was told last
 * @listed: @regions is what the space has
 * @file_regions: regions of files when @files was looked through last
 * @regions: the space's regions as last listed; after a call without a difference the kernel's too
 * @kernel: the kernel's regions as last seen by the module, before a call
 * @retry: @before and @was hold what was there before the call
 * @before: what the space was told, before the call
 * @was: the space's regions before the call, line by line those of @kernel
 * @after: the kernel's regions as seen by the module after a call
 * @maps: the kernel's regions as last seen in /proc, after a call
 * @files: which descriptor stands for which open file
 * @pending_fd: file of the last mapping, whose identity is not known yet; -1 for none
 * @pending_addr: where that mapping is
 * @still: the other threads were stopped for the call in flight
 * @contents: memory that the call in flight affects, NULL for none
 * @recorded: what svma record has told of it
 * @asked: what the program asked for
 * @close: how a space is closed
 */
struct shadow_mirror {
	unsigned int id;
	unsigned int refs;
	pid_t pid;
	int space;
	unsigned int in_flight;
	bool mixed;
	bool stale;
	bool imported;
	bool broken;
	bool randomized;
	struct svma_layout layout;
	bool listed;
	__u32 file_regions;
	struct svma_region_list regions;
	struct svma_task_region_list kernel;
	bool retry;
	struct svma_layout before;
	struct svma_region_list was;
	struct svma_task_region_list after;
	struct svma_proc_maps maps;
	struct shadow_file *files;
	int pending_fd;
	__u64 pending_addr;
	bool still;
	struct shadow_contents *contents;
	struct shadow_recorded *recorded;
	struct shadow_asked asked;
	void (*close)(int fd);
};

/* mirror.c */

/* A mirror that is still to be read: references are those of the tasks. */
struct shadow_mirror *shadow_mirror_new(struct shadow *sh, pid_t pid);
/* A mirror of what a fork of @parent makes; still to be read, or copied. */
struct shadow_mirror *shadow_mirror_fork(struct shadow *sh, struct shadow_mirror *parent,
					 pid_t child);
void shadow_mirror_get(struct shadow_mirror *mirror);
void shadow_mirror_put(struct shadow_mirror *mirror);

/*
 * Read the space from the kernel: @pid is stopped. 0 or a negative errno: EUCLEAN if the space,
 * once read, is not the kernel's layout.
 */
int shadow_mirror_import(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid);

/* The model's fork: 0 or the errno that it gives. */
int shadow_mirror_copy(struct shadow *sh, struct shadow_mirror *parent,
		       struct shadow_mirror *child);

/* After a call: list the space's regions and the kernel's. */
int shadow_mirror_list(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid);

/*
 * The space's regions are the kernel's, as the model tells without a listing, and the space was
 * told which are written; through @files how many of them are of files. False: they are not, or
 * that cannot be told so.
 */
bool shadow_mirror_matches(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid,
			   __u32 *files);
/* List the space's regions. */
int shadow_mirror_regions(struct shadow *sh, struct shadow_mirror *mirror);

/* A mapping at @addr was made through @fd, which is now the mirror's. */
void shadow_mirror_keep_file(struct shadow_mirror *mirror, __u64 addr, int fd);

/* Our descriptor of the file that a region of the kernel's maps, -1 for none. */
int shadow_mirror_file(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid,
		       const struct svma_task_region *r);

/* refresh.c */

/* Before a call: follow what happened since the last one, and tell which regions were written. */
int shadow_mirror_refresh(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid);
/* The file of the last mapping: which identity it has can be seen in @kernel. */
void shadow_mirror_identify(struct shadow_mirror *mirror);
/* Tell the space the limits and capabilities of the task that calls. */
int shadow_mirror_limits(struct shadow *sh, struct shadow_mirror *mirror, struct shadow_task *task);
/* Follow the stack's growth where the kernel's is lower. True if the space was changed. */
bool shadow_mirror_follow_stack(struct shadow *sh, struct shadow_mirror *mirror,
				const struct svma_proc_maps *maps);

/* With threads: keep what is there before a call, should it have to be done again. */
void shadow_mirror_keep(struct shadow *sh, struct shadow_mirror *mirror);

/* shm.c */

/* shmget ended: is the segment one that the program made? */
void shadow_shm_made(struct shadow *sh, const struct shadow_task *task);
/* Predict shmat or shmdt. False: it is not known, and call->why may tell why. */
bool shadow_shm_predict(struct shadow *sh, struct shadow_task *task);
/* The space's regions were listed: the segment has another number than what stands for it. */
void shadow_shm_attached(struct shadow_task *task);

/* asked.c */

/* What a call asked for: nothing; followed; and it changes regions, which are to be compared. */
enum shadow_asks {
	SHADOW_ASKED_NOT,
	SHADOW_ASKED,
	SHADOW_ASKED_REGIONS,
};

void shadow_asked_start(struct shadow_asked *asked);
/* What a fork leaves of it, and an exec. */
void shadow_asked_fork(struct shadow_asked *child, const struct shadow_asked *parent);
void shadow_asked_exec(struct shadow_asked *now, const struct shadow_asked *before);
/* A call that is no memory verb begins. */
void shadow_asked_begin(struct shadow_task *task);
/* It ended: is it one of these? */
enum shadow_asks shadow_asked_follow(struct shadow *sh, struct shadow_task *task);
/* Is that a region whose registration with userfaultfd ended while the call waited? Told then. */
bool shadow_asked_unwatched(struct shadow *sh, struct shadow_task *task,
			    const struct shadow_parting *p);
/* A memory verb ended: it may have taken a key. */
void shadow_asked_done(struct shadow_task *task);
/* The same as svma_layout.personality has it, beside what is there. */
__u32 shadow_asked_personality(struct shadow_asked *asked, __u32 personality);
/* A protection key as the program gave it; one that no program can have, if it has it not. */
__u64 shadow_asked_key(const struct shadow_asked *asked, __u64 key);
/* Does the call depend on what a thread may do with memory that has a key? */
bool shadow_asked_unknown(struct shadow *sh, struct shadow_task *task);

#ifndef SECRETMEM_MAGIC
#define SECRETMEM_MAGIC 0x5345434d
#endif
#ifndef HUGETLBFS_MAGIC
#define HUGETLBFS_MAGIC 0x958458f6
#endif
#ifndef TMPFS_MAGIC
#define TMPFS_MAGIC 0x01021994
#endif

/* large.c */
/* Is it /dev/zero? */
bool shadow_is_zero(int fd);
bool shadow_large_placed(const struct shadow_call *call);
const char *shadow_huge_tell(const struct shadow *sh, const struct shadow_call *call, int fd);

/* files.c */
int shadow_file_find(const struct shadow_mirror *mirror, __u64 identity);
void shadow_file_add(struct shadow_mirror *mirror, __u64 identity, int fd);
void shadow_files_copy(struct shadow_mirror *to, const struct shadow_mirror *from);
void shadow_files_sweep(struct shadow_mirror *mirror, const struct svma_task_region_list *seen);
void shadow_files_free(struct shadow_mirror *mirror);
/* A file without a name: io_uring, perf events and their kin. */
bool shadow_file_is_anon(const struct svma_proc_map *map);
int shadow_file_open(pid_t pid, const struct svma_proc_map *map);

#endif
