// SPDX-License-Identifier: GPL-2.0
/*
 * A plugin for QEMU: how often each block of code of a guest's kernel was executed, between two
 * marks that a program of the guest sets (mark.c). What it uses of QEMU's interface for plugins is
 * declared here, because Debian has no header for it.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mark.h"

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;

__attribute__((visibility("default"))) int qemu_plugin_version = 1;
__attribute__((visibility("default"))) int
qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
					   void (*fn)(uint64_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, int op, void *counter,
					      uint64_t add);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    void (*fn)(unsigned int cpu, void *data), int flags,
					    void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t at);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);

#define ADD		0
#define BUCKETS		65536
#define KERNEL		(1ULL << 63)	/* its addresses are from here on */

struct block {
	uint64_t addr;
	uint64_t insns;
	uint64_t count;
	struct block *next;
};

static struct block *blocks[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const unsigned char mark[] = { PROFILE_MARK };
static char *folder;
static unsigned int marks;

static struct block *block_of(uint64_t addr, uint64_t insns)
{
	struct block **bucket = &blocks[addr * 0x9e3779b97f4a7c15ULL >> 48], *block;

	pthread_mutex_lock(&lock);
	for (block = *bucket; block; block = block->next)
		if (block->addr == addr && block->insns == insns)
			break;
	if (!block) {
		block = calloc(1, sizeof(*block));
		if (!block)
			abort();
		*block = (struct block){ .addr = addr, .insns = insns, .next = *bucket };
		*bucket = block;
	}
	pthread_mutex_unlock(&lock);
	return block;
}

/* A mark: what was counted since the one before goes to a file of its own. */
static void on_mark(unsigned int cpu, void *data)
{
	struct block *block;
	char path[4096];
	FILE *file;

	(void)cpu;
	(void)data;
	pthread_mutex_lock(&lock);
	snprintf(path, sizeof(path), "%s/counts.%u", folder, marks++);
	file = fopen(path, "w");
	for (unsigned int i = 0; i < BUCKETS; i++) {
		for (block = blocks[i]; block; block = block->next) {
			if (block->count && file)
				fprintf(file, "%llx %llu %llu\n", (unsigned long long)block->addr,
					(unsigned long long)block->insns,
					(unsigned long long)block->count);
			block->count = 0;
		}
	}
	if (file)
		fclose(file);
	pthread_mutex_unlock(&lock);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	size_t insns = qemu_plugin_tb_n_insns(tb);
	uint64_t addr = qemu_plugin_tb_vaddr(tb);

	(void)id;
	if (addr >= KERNEL) {
		qemu_plugin_register_vcpu_tb_exec_inline(tb, ADD, &block_of(addr, insns)->count, 1);
		return;
	}
	for (size_t i = 0; i < insns; i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		if (qemu_plugin_insn_size(insn) == sizeof(mark) &&
		    !memcmp(qemu_plugin_insn_data(insn), mark, sizeof(mark)))
			qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, 0, NULL);
	}
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
	(void)info;
	if (argc != 1 || strncmp(argv[0], "folder=", 7))
		return -1;
	folder = strdup(argv[0] + 7);
	if (!folder)
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
