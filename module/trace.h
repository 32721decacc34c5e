/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: each verb at its end, with arguments and result; each split, merge and fault.
 * @space is the number that fdinfo shows.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM svma

#if !defined(SVMA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define SVMA_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(svma_mmap,
	TP_PROTO(unsigned long space, unsigned long addr, unsigned long len, unsigned long prot,
		 unsigned long flags, int fd, unsigned long offset, int err, unsigned long result),
	TP_ARGS(space, addr, len, prot, flags, fd, offset, err, result),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, addr)
		__field(unsigned long, len)
		__field(unsigned long, prot)
		__field(unsigned long, flags)
		__field(unsigned long, offset)
		__field(unsigned long, result)
		__field(int, fd)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->len = len;
		__entry->prot = prot;
		__entry->flags = flags;
		__entry->offset = offset;
		__entry->result = result;
		__entry->fd = fd;
		__entry->err = err;
	),
	TP_printk("space=%lu addr=%#lx len=%lu prot=%#lx flags=%#lx fd=%d offset=%#lx err=%d result=%#lx",
		  __entry->space, __entry->addr, __entry->len, __entry->prot, __entry->flags,
		  __entry->fd,
		  __entry->offset, __entry->err, __entry->result)
);

DECLARE_EVENT_CLASS(svma_range,
	TP_PROTO(unsigned long space, unsigned long addr, unsigned long len, long arg, int err),
	TP_ARGS(space, addr, len, arg, err),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, addr)
		__field(unsigned long, len)
		__field(long, arg)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->len = len;
		__entry->arg = arg;
		__entry->err = err;
	),
	TP_printk("space=%lu addr=%#lx len=%lu arg=%#lx err=%d",
		  __entry->space, __entry->addr, __entry->len, __entry->arg, __entry->err)
);

#define SVMA_RANGE_EVENT(_name)									\
DEFINE_EVENT(svma_range, _name,									\
	TP_PROTO(unsigned long space, unsigned long addr, unsigned long len, long arg, int err), \
	TP_ARGS(space, addr, len, arg, err))

SVMA_RANGE_EVENT(svma_munmap);
SVMA_RANGE_EVENT(svma_copy);		/* arg: number of the space copied from */
SVMA_RANGE_EVENT(svma_changed);		/* arg: number of the space compared with */
SVMA_RANGE_EVENT(svma_transfer);	/* len: pieces; arg: those copied in full */
SVMA_RANGE_EVENT(svma_snapshot);	/* arg: number of the snapshot */
SVMA_RANGE_EVENT(svma_restore);		/* arg: number of the snapshot */
SVMA_RANGE_EVENT(svma_msync);
SVMA_RANGE_EVENT(svma_mincore);
SVMA_RANGE_EVENT(svma_mseal);
SVMA_RANGE_EVENT(svma_madvise);		/* arg: advice */
SVMA_RANGE_EVENT(svma_grow);
SVMA_RANGE_EVENT(svma_import);
SVMA_RANGE_EVENT(svma_fork);		/* arg: number of the new space */
SVMA_RANGE_EVENT(svma_batch);		/* len: operations; arg: how many were tried */
SVMA_RANGE_EVENT(svma_brk);		/* addr: wanted end; arg: the end that it has */

DECLARE_EVENT_CLASS(svma_range_more,
	TP_PROTO(unsigned long space, unsigned long addr, unsigned long len, long arg, long more,
		 int err),
	TP_ARGS(space, addr, len, arg, more, err),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, addr)
		__field(unsigned long, len)
		__field(long, arg)
		__field(long, more)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->len = len;
		__entry->arg = arg;
		__entry->more = more;
		__entry->err = err;
	),
	TP_printk("space=%lu addr=%#lx len=%lu arg=%#lx more=%ld err=%d",
		  __entry->space, __entry->addr, __entry->len, __entry->arg, __entry->more,
		  __entry->err)
);

#define SVMA_RANGE_MORE_EVENT(_name)								\
DEFINE_EVENT(svma_range_more, _name,								\
	TP_PROTO(unsigned long space, unsigned long addr, unsigned long len, long arg, long more, \
		 int err),									\
	TP_ARGS(space, addr, len, arg, more, err))

SVMA_RANGE_MORE_EVENT(svma_mprotect);	/* arg: protection; more: key, -1 for none */
SVMA_RANGE_MORE_EVENT(svma_lock);	/* arg: SVMA_MLOCK and so on; more: flags */
SVMA_RANGE_MORE_EVENT(svma_remap_file);	/* arg: offset, pages; more: flags */

TRACE_EVENT(svma_mremap,
	TP_PROTO(unsigned long space, unsigned long old_addr, unsigned long old_len,
		 unsigned long new_len,
		 unsigned long flags, unsigned long new_addr, int err, unsigned long result),
	TP_ARGS(space, old_addr, old_len, new_len, flags, new_addr, err, result),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, old_addr)
		__field(unsigned long, old_len)
		__field(unsigned long, new_len)
		__field(unsigned long, flags)
		__field(unsigned long, new_addr)
		__field(unsigned long, result)
		__field(int, err)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->old_addr = old_addr;
		__entry->old_len = old_len;
		__entry->new_len = new_len;
		__entry->flags = flags;
		__entry->new_addr = new_addr;
		__entry->result = result;
		__entry->err = err;
	),
	TP_printk("space=%lu old=%#lx old_len=%lu new_len=%lu flags=%#lx new=%#lx err=%d result=%#lx",
		  __entry->space, __entry->old_addr, __entry->old_len, __entry->new_len,
		  __entry->flags,
		  __entry->new_addr, __entry->err, __entry->result)
);

/* Somebody wants to know of steps from now on, or no longer (trace.c). */
int svma_trace_steps_on(void);
void svma_trace_steps_off(void);

TRACE_EVENT_FN(svma_split,
	TP_PROTO(unsigned long space, unsigned long start, unsigned long end, unsigned long at),
	TP_ARGS(space, start, end, at),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, at)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->start = start;
		__entry->end = end;
		__entry->at = at;
	),
	TP_printk("space=%lu %#lx-%#lx at=%#lx", __entry->space, __entry->start, __entry->end,
		  __entry->at),
	svma_trace_steps_on, svma_trace_steps_off
);

TRACE_EVENT_FN(svma_merge,
	TP_PROTO(unsigned long space, unsigned long start, unsigned long end,
		 unsigned long new_start,
		 unsigned long new_end),
	TP_ARGS(space, start, end, new_start, new_end),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, new_start)
		__field(unsigned long, new_end)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->start = start;
		__entry->end = end;
		__entry->new_start = new_start;
		__entry->new_end = new_end;
	),
	TP_printk("space=%lu %#lx-%#lx now=%#lx-%#lx", __entry->space, __entry->start, __entry->end,
		  __entry->new_start, __entry->new_end),
	svma_trace_steps_on, svma_trace_steps_off
);

TRACE_EVENT(svma_reclaim,
	TP_PROTO(unsigned long space, unsigned long scanned, unsigned long given),
	TP_ARGS(space, scanned, given),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, scanned)
		__field(unsigned long, given)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->scanned = scanned;
		__entry->given = given;
	),
	TP_printk("space=%lu scanned=%lu given=%lu", __entry->space, __entry->scanned,
		  __entry->given)
);

TRACE_EVENT(svma_fault,
	TP_PROTO(unsigned long space, unsigned long addr, unsigned long host, unsigned int flags,
		 unsigned int result),
	TP_ARGS(space, addr, host, flags, result),
	TP_STRUCT__entry(
		__field(unsigned long, space)
		__field(unsigned long, addr)
		__field(unsigned long, host)
		__field(unsigned int, flags)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		__entry->space = space;
		__entry->addr = addr;
		__entry->host = host;
		__entry->flags = flags;
		__entry->result = result;
	),
	TP_printk("space=%lu addr=%#lx host=%#lx flags=%#x result=%#x", __entry->space,
		  __entry->addr,
		  __entry->host, __entry->flags, __entry->result)
);

#endif /* SVMA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
