/* SPDX-License-Identifier: GPL-2.0 */
/* A 32-bit program that exits with 5. */
	.globl _start
_start:
	movl $1, %eax
	movl $5, %ebx
	int $0x80
	.section .note.GNU-stack, "", @progbits
