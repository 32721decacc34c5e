/* SPDX-License-Identifier: GPL-2.0 */
/*
 * svma shadow: a traced program beside the model of its address spaces.
 *
 * start.c    bringing the program up
 * trace.c    the ptrace loop: who stopped, why, and what it may do next
 * task.c     the table of traced tasks, and which of them may be in a call
 * filter.c   the seccomp filter that picks the calls
 * calls.c    which calls stop the program
 * call.c     one memory call: from its entry to the verdict
 * forked.c   calls that make an address space
 * clone.c    children that ask not to be traced
 * letgo.c    tasks that another program is about to trace
 * remote.c   system calls made in a stopped task
 * mirror.c   one mirror for each address space: import, fork
 * refresh.c  what a mirror is told before each call
 * files.c    which descriptor stands for which open file
 * driver.c   mappings that get flags from the driver of their file
 * outside.c  what calls without a verb changed
 * raced.c    was it another thread's page fault?
 * asked.c    what the program asked for once and for all
 * shm.c      segments of shared memory
 * predict.c  a call of the program as a verb on the space
 * compare.c  two layouts: equal, or where they part
 * model.c    the engine behind the mirrors: the module, or none
 * report.c   what is told, while it runs and at the end
 * contents.c --contents: a space with pages for each call
 * memory.c   the bytes of a process beside those of a space
 * park.c     stopping the other threads
 * tally.c    what came of each call, counted once
 * record.c   svma record: the calls as a log
 * recorded.c what that log tells of each address space
 * smaps.c    regions as /proc tells them
 */
#ifndef SVMA_SHADOW_H
#define SVMA_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/filter.h>
#include <linux/types.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>

#include <linux/svma.h>

#define SHADOW_PAGE	4096ULL
#define SHADOW_HASH	256

struct later;
struct shadow;
struct shadow_mirror;
struct shadow_record;
struct shadow_segment;
struct shadow_verb;

/**
 * struct shadow_options - what the command line asked for
 * @argv: the program and its arguments
 * @json: where the JSON summary goes, NULL for none
 * @log: one line for each call, NULL for none
 * @verbose: the same lines on stderr
 * @no_seccomp: stop at every system call
 * @dry_run: no model: follow and count only
 * @flags: compare region flags and offsets of anonymous regions too
 * @contents: compare the bytes in memory that calls affect, too
 */
struct shadow_options {
	char **argv;
	FILE *json;
	FILE *log;
	bool verbose;
	bool no_seccomp;
	bool dry_run;
	bool flags;
	bool contents;
};

/**
 * struct shadow_call - one call of the program, from entry to exit
 * @verb: row of the table of calls
 * @args: as the kernel got them
 * @predicted: the model answered
 * @unpredictable: why only success is compared, not where the kernel places it; or NULL
 * @why: why the model has no answer, NULL if it has
 * @expect: the model's answer, -errno for a failure
 * @result: the kernel's
 * @open: it was counted, and what came of it was not yet
 * @fd: our copy of the descriptor argument, -1 for none
 * @fs: magic number of the file system that it is on, 0 if that does not tell
 * @features: UFFD_FEATURE_*, as the program asked for them
 */
struct shadow_call {
	const struct shadow_verb *verb;
	__u64 args[6];
	bool predicted;
	bool open;
	const char *unpredictable;
	const char *why;
	__s64 expect;
	__s64 result;
	int fd;
	unsigned long fs;
	__u64 features;
};

/**
 * enum shadow_state - what a task does, as far as the tracer knows
 * @SHADOW_NEW: the parent told of it, or it stopped for the first time; not both yet
 * @SHADOW_RUNNING: runs
 * @SHADOW_HELD: stopped at the entry of a call, another one is in flight
 * @SHADOW_IN_CALL: between entry and exit of a call that is followed
 */
enum shadow_state {
	SHADOW_NEW,
	SHADOW_RUNNING,
	SHADOW_HELD,
	SHADOW_IN_CALL,
};

/**
 * struct shadow_task - one traced thread
 * @next: in its hash chain
 * @tid: thread id
 * @tgid: process id
 * @state: see there
 * @announced: SHADOW_NEW: its parent told of it
 * @stopped: SHADOW_NEW: its first stop was seen
 * @born: when it was first heard of
 * @held_since: SHADOW_HELD: for the time-out
 * @held_order: SHADOW_HELD: first come, first served
 * @mirror: its address space, NULL before the first exec and for what is not followed
 * @call: the call it is in
 * @parked: stopped while another thread is in a call
 * @parked_signal: what it then goes on with
 * @stays: it could not be let go: that is not tried again
 * @flags_taken: flags of the clone that is going on, if one was taken out of them
 * @limits_seen: generation of the limits in @limits
 * @limits: AS, DATA, STACK, MEMLOCK
 */
struct shadow_task {
	struct shadow_task *next;
	pid_t tid;
	pid_t tgid;
	enum shadow_state state;
	bool announced;
	bool stopped;
	struct timespec born;
	struct timespec held_since;
	__u64 held_order;
	struct shadow_mirror *mirror;
	struct shadow_call call;
	bool parked;
	int parked_signal;
	bool stays;
	__u64 flags_taken;
	__u64 limits_seen;
	__u64 limits[4];
};

/* One for each kind of difference that ends in exit status 1. */
enum shadow_difference {
	SHADOW_SAME,
	SHADOW_LAYOUT,		/* same answer, other regions */
	SHADOW_ERRNO,		/* one fails, or both for another reason */
	SHADOW_PLACEMENT,	/* both succeed, at another address */
};

/**
 * struct shadow_name - a name and how often it was counted
 * @next: the next one
 * @name: what
 * @count: how often
 */
struct shadow_name {
	struct shadow_name *next;
	char *name;
	__u64 count;
};

/**
 * struct shadow_stats - everything that the summary tells
 * @calls: memory calls that stopped the program
 * @mirrored: of these, predicted and compared
 * @told: of these, said how the space's other calls go (limits, segments, keys)
 * @interrupted: of these, ended by a signal, to be made anew or not
 * @not_modelled: of these, without an answer of the model
 * @unserialised: of these, in flight together with another one; this is the rest
 * @unasked: with --dry-run the rest, which nobody was asked about
 * @layout: layout differences
 * @errnos: errno differences
 * @placement: placement differences
 * @free: mappings that the kernel placed freely
 * @exact: of these, predicted to the byte
 * @grown: stacks that grew between two calls, by the model's own rule
 * @raced: calls whose merges depend on what another thread wrote meanwhile, and agree if it did
 * @contents: calls after which memory differs
 * @contents_pages: pages compared for that
 * @contents_left: pages that were not
 * @imports: times a space was read from the kernel, after the first
 * @processes: processes followed
 * @threads: tasks followed
 * @spaces: address spaces followed
 * @by_verb: calls by name
 * @unmodelled: calls by name that the model has no answer for
 * @outside: changes that the kernel made between two calls, by kind
 * @notes: what was not followed, by name
 * @seconds: how long the program ran
 * @tracing: of these, while the tracer was at work and not waiting
 * @stops: how often a task was stopped, or ended
 * @status: the program's wait status
 */
struct shadow_stats {
	__u64 calls;
	__u64 mirrored;
	__u64 told;
	__u64 interrupted;
	__u64 not_modelled;
	__u64 unserialised;
	__u64 unasked;
	__u64 layout;
	__u64 errnos;
	__u64 placement;
	__u64 free;
	__u64 exact;
	__u64 grown;
	__u64 raced;
	__u64 contents;
	__u64 contents_pages;
	__u64 contents_left;
	__u64 imports;
	__u64 processes;
	__u64 threads;
	__u64 spaces;
	struct shadow_name *by_verb;
	struct shadow_name *unmodelled;
	struct shadow_name *outside;
	struct shadow_name *notes;
	double seconds;
	double tracing;
	__u64 stops;
	int status;
};

/**
 * struct shadow - one run of svma shadow
 * @opt: the command line
 * @model: the engine
 * @machine: descriptor of the machine, -1 without a module
 * @record: the log of svma record, NULL for none
 * @segments: of shared memory that the program made
 * @tasks: hash table by thread id
 * @live: tasks in it
 * @held: tasks that wait for another one's call
 * @fresh: tasks whose parent or first stop was not heard of yet
 * @parked: tasks that are stopped while another thread is in a call
 * @in_hand: the task whose stop is being dealt with
 * @parked_since: when the last of them was
 * @seen: when the stop that is dealt with was seen
 * @let_go: when a task went on after it, the last one
 * @later: stops that were seen meanwhile
 * @order: counter for first come, first served
 * @limits_changed: generation of the resource limits
 * @leader: process id of the program
 * @foreign: the program itself cannot be followed
 * @shown: the first difference was shown
 * @stats: see there
 */
struct shadow {
	struct shadow_options opt;
	const struct shadow_model *model;
	int machine;
	struct shadow_record *record;
	struct shadow_segment *segments;
	struct shadow_task *tasks[SHADOW_HASH];
	size_t live;
	size_t held;
	size_t fresh;
	size_t parked;
	pid_t in_hand;
	struct timespec parked_since;
	struct timespec seen;
	struct timespec let_go;
	struct later *later;
	__u64 order;
	__u64 limits_changed;
	pid_t leader;
	bool foreign;
	bool shown;
	struct shadow_stats stats;
};

/* trace.c */
int shadow_trace(struct shadow *sh);
void shadow_task_resume(struct shadow *sh, struct shadow_task *task, int sig);
void shadow_task_to_exit(struct shadow *sh, struct shadow_task *task);

/* task.c */
struct shadow_task *shadow_task_find(struct shadow *sh, pid_t tid);
struct shadow_task *shadow_task_add(struct shadow *sh, pid_t tid);
void shadow_task_drop(struct shadow *sh, struct shadow_task *task);
/* Are there other threads of its process? */
bool shadow_task_others(const struct shadow *sh, const struct shadow_task *task);
void shadow_task_rename(struct shadow *sh, struct shadow_task *task, pid_t tid);
void shadow_task_state(struct shadow *sh, struct shadow_task *task, enum shadow_state state);
void shadow_task_space(struct shadow *sh, struct shadow_task *task, struct shadow_mirror *mirror);
struct shadow_task *shadow_task_next_held(struct shadow *sh, struct shadow_mirror *mirror);
struct shadow_task *shadow_task_late(struct shadow *sh, enum shadow_state state, double seconds);

/* A task that was waited for elsewhere has stopped or ended. */
void shadow_task_told(struct shadow *sh, pid_t tid, int status);

/* filter.c */
#define SHADOW_FILTER_MAX 256

/* What our filter says with its stops: those of the program say something else. */
#define SHADOW_FILTER_DATA 0x5356

/**
 * struct shadow_filter - a seccomp program
 * @v: its instructions
 * @n: how many
 */
struct shadow_filter {
	struct sock_filter v[SHADOW_FILTER_MAX];
	unsigned short n;
};

/* The program that answers @what at the calls that are picked. */
void shadow_filter_build(struct shadow_filter *p, unsigned int what);
/* Has a task a filter of its own, when ours is not there? */
bool shadow_filter_there(pid_t tid);
int shadow_filter_install(void);

/* letgo.c: a task traces another one, or asks to be traced. True if it is not ours any more. */
bool shadow_letgo(struct shadow *sh, struct shadow_task *task);
/* A task starts: is it a thread of a process that was let go? Then it is let go, too. */
bool shadow_letgo_late(struct shadow *sh, struct shadow_task *task);
/* Until none of those that were let go needs us any more. */
void shadow_letgo_wait(void);

/* call.c: a task is at the entry, may go on from it, is at the exit, will never get there. */
void shadow_call_enter(struct shadow *sh, struct shadow_task *task);
void shadow_call_begin(struct shadow *sh, struct shadow_task *task);
void shadow_call_leave(struct shadow *sh, struct shadow_task *task, __s64 result);
void shadow_call_end(struct shadow *sh, struct shadow_task *task);
void shadow_call_abandon(struct shadow *sh, struct shadow_task *task);
/* forked.c: a fork failed. It worked: @child mirrors the copy. Its first stop. An exec. */
void shadow_call_fork_failed(struct shadow *sh, struct shadow_task *task);
void shadow_call_forked(struct shadow *sh, struct shadow_task *task, struct shadow_mirror *child);
void shadow_call_born(struct shadow *sh, struct shadow_task *child);
void shadow_call_exec(struct shadow *sh, struct shadow_task *task);

/* clone.c: flags of a clone; CLONE_UNTRACED is taken out, and put back in parent and child. */
__u64 shadow_clone_flags(struct shadow *sh, struct shadow_task *task);
void shadow_clone_inherit(struct shadow_task *child, const struct shadow_task *parent);
void shadow_clone_restore(struct shadow_task *task);

/* call.c, for forked.c: a difference is told; layouts are compared: true if they could be had. */
struct shadow_parting;
void shadow_call_differ(struct shadow *sh, struct shadow_task *task, enum shadow_difference kind,
			struct shadow_parting p);
bool shadow_call_layouts(struct shadow *sh, struct shadow_task *task, struct shadow_parting *p);
/* The mirror is told, or read, what is so before the call. */
void shadow_call_prepare(struct shadow *sh, struct shadow_task *task);

/* predict.c */
void shadow_predict(struct shadow *sh, struct shadow_task *task);

/* driver.c: does the call map a file that is no plain one? Is all that differs its driver's? */
bool shadow_call_of_driver(const struct shadow_call *call);
bool shadow_driver_flags(struct shadow *sh, struct shadow_task *task,
			 const struct shadow_parting *p);

/* outside.c: a call that the model has no answer for ended: what did it change? */
void shadow_call_changed(struct shadow *sh, struct shadow_task *task);
/* Before a call region @at is not the kernel's: what did the kernel do by itself? */
void shadow_drifted(struct shadow *sh, struct shadow_mirror *mirror, pid_t pid, size_t at);

/* raced.c: do the layouts agree if other threads wrote between prediction and call? */
bool shadow_call_raced(struct shadow *sh, struct shadow_task *task);

/* tally.c: a call is counted; what came of it; or that there is no answer, and why (or NULL). */
void shadow_tally_open(struct shadow *sh, struct shadow_task *task);
void shadow_tally(struct shadow_task *task, __u64 *figure);
void shadow_tally_unmodelled(struct shadow *sh, struct shadow_task *task, const char *why);
/* Does the kernel refuse it because of our filter? Then that is noted. */
void shadow_tally_refused(struct shadow *sh, const struct shadow_call *call);
/* Did a signal end a call with this result? */
bool shadow_interrupted(__s64 result);

/* shm.c: the end of the run. */
void shadow_shm_free(struct shadow *sh);

/* report.c */
void shadow_count(struct shadow_name **list, const char *name);
void shadow_say(struct shadow *sh, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void shadow_log_call(struct shadow *sh, struct shadow_task *task, const char *verdict);
void shadow_call_print(FILE *to, const struct shadow_call *call);
void shadow_result_print(FILE *to, __s64 result);
int shadow_report(struct shadow *sh);

double shadow_between(const struct timespec *from, const struct timespec *to);
double shadow_elapsed(const struct timespec *since);

#endif
