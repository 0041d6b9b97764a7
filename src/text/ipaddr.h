/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ipaddr.h: IP addresses as text, without libc, locale or host names.
 *
 *   IPv4 = OCTET "." OCTET "." OCTET "." OCTET      OCTET = canonical decimal 0-255
 *   IPv6 = RFC 4291 section 2.2, forms 1 to 3: eight groups of 1-4 hexadecimal digits, at most one "::" for one or more
 *          groups of zeros, the last 32 bits optionally as IPv4
 *
 * What is accepted is what inet_pton(3) of glibc accepts (the fuzz harness compares). Printed is
 * RFC 5952: lower case, no leading zeros, "::" for the longest run of two or more zero groups (the
 * first of equals), mixed notation for ::ffff:0:0/96.
 *
 * Trust: strings from people and programs. Pure. Work is linear. Fuzz: fuzz/ipaddr_fuzz.c.
 */
#ifndef PLK_TEXT_IPADDR_H
#define PLK_TEXT_IPADDR_H

#include <pktlock/err.h>
#include <pktlock/span.h>

#include "base/writer.h"

#define PLK_IPV4_BYTES 4
#define PLK_IPV6_BYTES 16

/** plk_ipv4_parse() - a dotted quad
 * @in:   borrowed; the whole of it is the address
 * @out:  PLK_IPV4_BYTES bytes in network order; written on PLK_OK only
 * Return: PLK_OK or PLK_E_MALFORMED.
 */
PLK_MUST_USE enum plk_err plk_ipv4_parse(struct plk_span in, uint8_t *out);

/** plk_ipv6_parse() - an IPv6 address without brackets and zone
 * @in:   borrowed; the whole of it is the address
 * @out:  PLK_IPV6_BYTES bytes in network order; written on PLK_OK only
 * Return: PLK_OK or PLK_E_MALFORMED.
 */
PLK_MUST_USE enum plk_err plk_ipv6_parse(struct plk_span in, uint8_t *out);

/** plk_ipv4_print() - append the dotted quad of PLK_IPV4_BYTES bytes */
void plk_ipv4_print(struct plk_writer *w, const uint8_t *addr);

/** plk_ipv6_print() - append the RFC 5952 form of PLK_IPV6_BYTES bytes */
void plk_ipv6_print(struct plk_writer *w, const uint8_t *addr);

#endif
