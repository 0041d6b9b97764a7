/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hostorder.h: literal bytes of integers in the machine's byte order, for byte-exact vectors.
 */
#ifndef PLK_UNIT_HOSTORDER_H
#define PLK_UNIT_HOSTORDER_H

#define BYTE_OF(v, i) (uint8_t)((uint64_t)(v) >> (8 * (i)) & 0xff)

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define H16(v) BYTE_OF(v, 0), BYTE_OF(v, 1)
#define H32(v) BYTE_OF(v, 0), BYTE_OF(v, 1), BYTE_OF(v, 2), BYTE_OF(v, 3)
#define H64(v) H32(v), H32((uint64_t)(v) >> 32)
#else
#define H16(v) BYTE_OF(v, 1), BYTE_OF(v, 0)
#define H32(v) BYTE_OF(v, 3), BYTE_OF(v, 2), BYTE_OF(v, 1), BYTE_OF(v, 0)
#define H64(v) H32((uint64_t)(v) >> 32), H32(v)
#endif

#endif
