/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * crc32c.h: the checksum of SCTP (RFC 9260 appendix A): the CRC of Castagnoli, polynomial 0x1edc6f41, reflected.
 *
 * Pure. Test: tests/unit/crc32c_test.c. Fuzz: fuzz/restore_fuzz.c, against one that goes bit by bit.
 */
#ifndef PLK_WIRE_CRC32C_H
#define PLK_WIRE_CRC32C_H

#include <stdint.h>

#include <pktlock/span.h>

#define PLK_CRC32C_INIT 0xffffffffU

/** plk_crc32c_add() - go on with some bytes
 * @crc:  PLK_CRC32C_INIT, or what a call before returned
 * @in:   borrowed
 * Return: not inverted yet: ~crc is the CRC32c of all bytes so far.
 */
uint32_t plk_crc32c_add(uint32_t crc, struct plk_span in);

#endif
