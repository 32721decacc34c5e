// SPDX-License-Identifier: GPL-2.0
/* Calls, printed as strace would. */
#include "call.h"

struct name {
	unsigned long bit;
	const char *name;
};

static void print_flags(unsigned long value, const struct name *names, unsigned int count,
			const char *none)
{
	const char *between = "";
	unsigned int i;

	if (!value && none) {
		printf("%s", none);
		return;
	}
	for (i = 0; i < count; i++) {
		if (!(value & names[i].bit))
			continue;
		printf("%s%s", between, names[i].name);
		value &= ~names[i].bit;
		between = "|";
	}
	if (value || !*between)
		printf("%s%#lx", between, value);
}

static void print_prot(unsigned long prot)
{
	static const struct name names[] = {
		{ PROT_READ, "PROT_READ" },	      { PROT_WRITE, "PROT_WRITE" },
		{ PROT_EXEC, "PROT_EXEC" },	      { PROT_SEM, "PROT_SEM" },
		{ PROT_GROWSDOWN, "PROT_GROWSDOWN" }, { PROT_GROWSUP, "PROT_GROWSUP" },
	};

	print_flags(prot, names, ARRAY_SIZE(names), "PROT_NONE");
}

static void print_map_flags(unsigned long flags)
{
	static const char *const types[] = { NULL, "MAP_SHARED", "MAP_PRIVATE",
					     "MAP_SHARED_VALIDATE" };
	static const struct name names[] = {
		{ MAP_FIXED, "MAP_FIXED" },
		{ MAP_ANONYMOUS, "MAP_ANONYMOUS" },
		{ MAP_FIXED_NOREPLACE, "MAP_FIXED_NOREPLACE" },
		{ MAP_GROWSDOWN, "MAP_GROWSDOWN" },
		{ MAP_LOCKED, "MAP_LOCKED" },
		{ MAP_NORESERVE, "MAP_NORESERVE" },
		{ MAP_POPULATE, "MAP_POPULATE" },
		{ MAP_NONBLOCK, "MAP_NONBLOCK" },
		{ MAP_STACK, "MAP_STACK" },
		{ MAP_SYNC, "MAP_SYNC" },
		{ MAP_ABOVE4G, "MAP_ABOVE4G" },
		{ MAP_HUGETLB, "MAP_HUGETLB" },
	};
	unsigned long type = flags & MAP_TYPE;

	if (type && type < ARRAY_SIZE(types))
		printf("%s", types[type]);
	else
		printf("%#lx", type);
	if (flags & ~(unsigned long)MAP_TYPE) {
		printf("|");
		print_flags(flags & ~(unsigned long)MAP_TYPE, names, ARRAY_SIZE(names), NULL);
	}
}

static void print_remap_flags(unsigned long flags)
{
	static const struct name names[] = {
		{ MREMAP_MAYMOVE, "MREMAP_MAYMOVE" }, { MREMAP_FIXED, "MREMAP_FIXED" },
		{ MREMAP_DONTUNMAP, "MREMAP_DONTUNMAP" },
	};

	print_flags(flags, names, ARRAY_SIZE(names), "0");
}

static void print_lock(const unsigned long *arg)
{
	switch (arg[2]) {
	case SVMA_MLOCK:
		printf("mlock2(%#lx, %#lx, %#lx)", arg[0], arg[1], arg[3]);
		break;
	case SVMA_MUNLOCK:
		printf("munlock(%#lx, %#lx)", arg[0], arg[1]);
		break;
	case SVMA_MLOCKALL:
		printf("mlockall(%#lx)", arg[3]);
		break;
	default:
		printf("munlockall()");
		break;
	}
}

void call_print(const struct call *call, const struct call_result *result)
{
	const unsigned long *arg = call->arg;
	const char *file = call->file < 0 ? "-1" : pair_file_names[call->file];

	printf("# ");
	if (call->space)
		printf("space %u: ", call->space);
	switch (call->verb) {
	case CALL_MMAP:
		printf("mmap(%#lx, %#lx, ", arg[0], arg[1]);
		print_prot(arg[2]);
		printf(", ");
		print_map_flags(arg[3]);
		printf(", %s, %#lx)", file, arg[4]);
		break;
	case CALL_MUNMAP:
		printf("munmap(%#lx, %#lx)", arg[0], arg[1]);
		break;
	case CALL_MPROTECT:
		printf("%s(%#lx, %#lx, ", (int)arg[3] == -1 ? "mprotect" : "pkey_mprotect", arg[0],
		       arg[1]);
		print_prot(arg[2]);
		if ((int)arg[3] != -1)
			printf(", %d", (int)arg[3]);
		printf(")");
		break;
	case CALL_BRK:
		printf("brk(%#lx)", arg[0]);
		break;
	case CALL_MREMAP:
		printf("mremap(%#lx, %#lx, %#lx, ", arg[0], arg[1], arg[2]);
		print_remap_flags(arg[3]);
		printf(", %#lx)", arg[4]);
		break;
	case CALL_MADVISE:
		printf("madvise(%#lx, %#lx, %lu)", arg[0], arg[1], arg[2]);
		break;
	case CALL_LOCK:
		print_lock(arg);
		break;
	case CALL_GROW:
		printf("grow(%#lx)", arg[0]);
		break;
	case CALL_MSEAL:
		printf("mseal(%#lx, %#lx, %#lx)", arg[0], arg[1], arg[2]);
		break;
	case CALL_FAULT:
		printf("store(%#lx)", arg[0]);
		break;
	case CALL_ANON:
		printf("anon(%#lx, %lu, %lu)", arg[0], arg[1], arg[2]);
		break;
	case CALL_IMPORT:
		printf("import(%#lx, %#lx, %#lx, pgoff %#lx, anon %lu, %s)", arg[0], arg[1], arg[2],
		       arg[3], arg[4], file);
		break;
	case CALL_LIMITS:
		printf("limits(map count %lu, def_flags %#lx, memlock %#lx)", arg[0], arg[1],
		       arg[2]);
		break;
	case CALL_MSYNC:
		printf("msync(%#lx, %#lx, %#lx)", arg[0], arg[1], arg[2]);
		break;
	case CALL_MINCORE:
		printf("mincore(%#lx, %#lx)", arg[0], arg[1]);
		break;
	case CALL_REMAP_FILE:
		printf("remap_file_pages(%#lx, %#lx, %lu, %#lx, %#lx)", arg[0], arg[1], arg[2],
		       arg[3], arg[4]);
		break;
	case CALL_FIND:
		printf("find(%#lx)", arg[0]);
		break;
	case CALL_MACHINE:
		printf("machine(mode %lu, ram %lu, swap %lu, ratio %lu, free huge pages %lu)",
		       arg[0], arg[1], arg[2], arg[3], arg[4]);
		break;
	case CALL_FORK:
		printf("fork(), child is space %lu", arg[0]);
		break;
	case CALL_EXIT:
		printf("exit()");
		break;
	case CALL_NR:
		break;
	}
	if (!result)
		printf("\n");
	else if (result->error)
		printf(" = -1 %s\n", strerrorname_np(-result->error));
	else
		printf(" = %#lx\n", result->value);
}
