// SPDX-License-Identifier: GPL-2.0
/*
 * The book of stamps: which are due where, and who looks whether they are there.
 */
#include "stamp.h"

__u64 stamp_next(struct worker *worker, unsigned int space, unsigned int page)
{
	__u64 generation = __atomic_add_fetch(&worker->stage->generation, 1, __ATOMIC_RELAXED);

	return (__u64)(space + 1) << 56 | (__u64)page << 40 | (generation & 0xffffffffff);
}

void stamp_wrong(struct worker *worker, __u64 where, __u64 seen, const struct record *record)
{
	struct stage *stage = worker->stage;

	if (__atomic_fetch_add(&stage->wrong, 1, __ATOMIC_RELAXED))
		return;
	stage->where = where;
	stage->seen = seen;
	stage->was = record->was;
	stage->will = record->will;
}

/* Locks end with the process that holds them, whatever ends it. */
void stamp_lock(struct worker *worker, short type, unsigned int space, unsigned int first,
		unsigned int count)
{
	struct flock lock = {
		.l_type = type, .l_start = space * PAGES + first, .l_len = count,
	};

	while (fcntl(worker->locks, F_SETLKW, &lock) && errno == EINTR)
		;
}

void stamp_record(struct record *record, __u64 was, __u64 will)
{
	__u64 seq = record->seq | 1;

	__atomic_store_n(&record->seq, seq, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->was, was, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->will, will, __ATOMIC_SEQ_CST);
	__atomic_store_n(&record->seq, seq + 1, __ATOMIC_SEQ_CST);
}

/* Nobody else changes the page: it holds one of the two that are due, and that is so from now. */
__u64 stamp_settle(struct worker *worker, unsigned int space, unsigned int page)
{
	struct record *record = &worker->stage->records[space][page];
	__u64 value = page_get(worker->spaces[space], page);

	if (value != record->was && value != record->will)
		stamp_wrong(worker, 1000 + space * 100 + page, value, record);
	stamp_record(record, value, value);
	return value;
}

/* Anybody, at any time, in any way. */
void stamp_check(struct worker *worker, unsigned int space, unsigned int page, bool by_window)
{
	struct record *shared = &worker->stage->records[space][page], record;
	__u64 seq = __atomic_load_n(&shared->seq, __ATOMIC_SEQ_CST), value;

	record.was = __atomic_load_n(&shared->was, __ATOMIC_SEQ_CST);
	record.will = __atomic_load_n(&shared->will, __ATOMIC_SEQ_CST);
	value = by_window ? peek(worker->views[space] + page * PAGE)
			  : page_get(worker->spaces[space], page);
	if (seq & 1 || __atomic_load_n(&shared->seq, __ATOMIC_SEQ_CST) != seq)
		return;
	if (value != record.was && value != record.will)
		stamp_wrong(worker, 2000 + by_window * 1000 + space * 100 + page, value, &record);
	worker->stage->checks++;
}

/* A verb on some pages, that are locked: what is due before it and after it. */
void stamp_begin(struct worker *worker, unsigned int space, unsigned int first,
		 unsigned int count, const __u64 *values)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		stamp_record(&worker->stage->records[space][first + i],
			     stamp_settle(worker, space, first + i), values[i]);
}

void stamp_end(struct worker *worker, unsigned int space, unsigned int first, unsigned int count,
	       bool done)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct record *record = &worker->stage->records[space][first + i];

		/* What was done is done: the old one is not due any more. */
		if (done)
			stamp_record(record, record->will, record->will);
		stamp_settle(worker, space, first + i);
	}
}
