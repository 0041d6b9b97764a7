/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * csum.h: the Internet checksum (RFC 1071), in pieces.
 *
 * A sum is a one's complement sum of 16-bit words in the machine's byte order, not folded yet, so
 * that many bytes are added in one go. Every piece but the last has an even number of bytes.
 *
 * Pure. Test: tests/unit/csum_test.c. Fuzz: fuzz/restore_fuzz.c, fuzz/segment_fuzz.c, against a
 * checksum that goes byte by byte.
 */
#ifndef PLK_WIRE_CSUM_H
#define PLK_WIRE_CSUM_H

#include <stdint.h>

#include <pktlock/span.h>

/** plk_csum_add() - add bytes to a sum
 * @sum: 0, or what a call before returned
 * @in:  borrowed; any length up to 4 GiB; an odd last byte counts as if a zero followed
 */
uint64_t plk_csum_add(uint64_t sum, struct plk_span in);

/** plk_csum_add16() - add one word, as be16_load() reads it */
uint64_t plk_csum_add16(uint64_t sum, uint16_t word);

/** plk_csum_fold() - the sum in 16 bits, as be16_store() writes it */
uint16_t plk_csum_fold(uint64_t sum);

/** plk_csum() - the Internet checksum of bytes
 * Return: the one's complement of their one's complement sum, as be16_store() writes it.
 */
uint16_t plk_csum(struct plk_span in);

#endif
