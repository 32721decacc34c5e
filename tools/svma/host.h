/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An address space of the running kernel to try calls on.
 *
 * It belongs to a child that was stopped right after its exec and never runs code of its own: each
 * call is put into it by ptrace, so nothing but the script changes its layout.
 */
#ifndef SVMA_HOST_H
#define SVMA_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <linux/types.h>

/* So many bytes fit into one load or store. */
#define SVMA_HOST_BYTES 4096

/* Forks that one child, with its children, can do. */
#define SVMA_HOST_FORKS 16

/**
 * struct svma_host - the child
 * @pid: its process, 0 when there is none
 * @mem: descriptor of /proc/PID/mem
 * @syscall: address of a system call instruction in the child
 * @load: address of the loop that reads
 * @store: address of the loop that writes
 * @buffer: memory on the child's stack for SVMA_HOST_BYTES bytes
 * @left: processes that a fork left behind, stopped
 * @n_left: how many
 */
struct svma_host {
	pid_t pid;
	int mem;
	__u64 syscall;
	__u64 load;
	__u64 store;
	__u64 buffer;
	pid_t left[SVMA_HOST_FORKS];
	unsigned int n_left;
};

/**
 * svma_host_start() - make the child
 * @host: gets it
 * @randomize: place its regions at random addresses, as for any other program
 * @bare: take the regions of files out: a page of code, the stack and the kernel's own stay
 *
 * Return: 0 or a negative errno.
 */
int svma_host_start(struct svma_host *host, bool randomize, bool bare);

/* End the child. */
void svma_host_stop(struct svma_host *host);

/**
 * svma_host_syscall() - do a system call in the child
 * @host: the child
 * @nr: number of the call
 * @args: six arguments
 * @result: gets what the kernel returned
 *
 * Return: 0 or a negative errno if the call could not be made: ESRCH when the child is gone, EFAULT
 * when a signal came instead of the result.
 */
int svma_host_syscall(struct svma_host *host, long nr, const __u64 args[6], __s64 *result);

/**
 * svma_host_load() - read memory by instructions of the child
 * @host: the child
 * @addr: first address
 * @buf: gets the bytes
 * @n: how many, at most SVMA_HOST_BYTES
 *
 * Return: 0, a positive signal number if the access ended in one, or a negative errno.
 */
int svma_host_load(struct svma_host *host, __u64 addr, void *buf, size_t n);

/* The same for writing. Bytes before the one that fails are written. */
int svma_host_store(struct svma_host *host, __u64 addr, const void *buf, size_t n);

/**
 * svma_host_mincore() - ask which pages of the child are present
 * @host: the child
 * @addr: first address
 * @len: bytes of memory, at most SVMA_HOST_BYTES pages unless the call is refused
 * @vec: gets the vector if the call succeeds
 * @result: gets what the kernel returned
 *
 * Return: as svma_host_syscall().
 */
int svma_host_mincore(struct svma_host *host, __u64 addr, __u64 len, char *vec, __s64 *result);

/**
 * svma_host_limit() - set a soft resource limit of the child
 * @host: the child
 * @resource: RLIMIT_*
 * @value: bytes, ~0 for none
 *
 * Return: 0 or a negative errno.
 */
int svma_host_limit(struct svma_host *host, int resource, __u64 value);

/**
 * svma_host_fork() - let the child fork
 * @host: the child
 * @child: go on in the new process; else in the old one. The other one stays as it is to the end
 *
 * Return: 0 or a negative errno.
 */
int svma_host_fork(struct svma_host *host, bool child);

/**
 * svma_host_open() - open a file in the child
 * @host: the child
 * @path: file
 * @flags: O_*
 *
 * Return: descriptor in the child, or a negative errno.
 */
int svma_host_open(struct svma_host *host, const char *path, int flags);

#endif
