/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * err.h: the closed list of expected answers.
 *
 * A parser or a state machine answers with one of these. Failures of the system are not among them:
 * those are negative errno values of type int. One table makes the enumeration, the names and the
 * texts, so that a code without a text does not compile.
 *
 * For binary formats the difference between the first few is part of the contract: PLK_E_SHORT (may
 * become valid with more bytes), PLK_E_MALFORMED (never can), PLK_E_LIMIT (well formed, but over
 * our limit), PLK_E_TRAILING (valid, but something follows). Strings from people get a code, and so
 * a text, for each way of being wrong.
 */
#ifndef PKTLOCK_ERR_H
#define PKTLOCK_ERR_H

#include <pktlock/span.h>

#ifdef __cplusplus
extern "C" {
#endif

/* clang-format off */
#define PLK_ERR_TABLE(X) \
	X(PLK_OK,               "success") \
	X(PLK_E_SHORT,          "incomplete, more bytes are needed") \
	X(PLK_E_MALFORMED,      "malformed") \
	X(PLK_E_LIMIT,          "over the limit") \
	X(PLK_E_TRAILING,       "followed by bytes that do not belong to it") \
	X(PLK_E_ROOM,           "no room in the output") \
	/* numbers */ \
	X(PLK_E_NUM_MISSING,    "number is missing") \
	X(PLK_E_NUM_SYNTAX,     "number is not canonical decimal (no sign, blank, leading zero or other character)") \
	X(PLK_E_NUM_RANGE,      "number out of range") \
	X(PLK_E_FD_MISSING,     "descriptor number is missing") \
	X(PLK_E_FD_SYNTAX,      "descriptor number is not canonical decimal (no sign, blank, leading zero or other character)") \
	X(PLK_E_FD_RANGE,       "descriptor number out of range") \
	X(PLK_E_FD_STDIO,       "descriptors 0, 1 and 2 are standard input, output and error") \
	/* remotes */ \
	X(PLK_E_REMOTE_MISSING, "remote is missing") \
	X(PLK_E_REMOTE_KIND,    "unknown kind of remote (pfd:, sd:, punix:, ptcp:, unix: or tcp:)") \
	X(PLK_E_REMOTE_COLON,   "':' is missing after the kind of remote") \
	X(PLK_E_NAME_MISSING,   "descriptor name is missing") \
	X(PLK_E_NAME_SYNTAX,    "descriptor name is not 1 to 255 printable ASCII characters without blank and ':'") \
	X(PLK_E_PATH_MISSING,   "path is missing") \
	X(PLK_E_PATH_RELATIVE,  "path is not absolute") \
	X(PLK_E_PATH_LONG,      "path is longer than 107 bytes") \
	X(PLK_E_PATH_CONTROL,   "path has a control character") \
	X(PLK_E_PATH_COMPONENT, "path has an empty, '.' or '..' component") \
	X(PLK_E_PATH_SLASH,     "path ends with '/'") \
	X(PLK_E_TCP_MISSING,    "port number is missing") \
	X(PLK_E_TCP_SYNTAX,     "port number is not canonical decimal (no sign, blank, leading zero or other character)") \
	X(PLK_E_TCP_RANGE,      "port number out of range") \
	X(PLK_E_ADDR_MISSING,   "address is missing") \
	X(PLK_E_ADDR_SYNTAX,    "address is neither a dotted quad nor an IPv6 address in brackets (host names are not looked up)") \
	X(PLK_E_ADDR_BRACKET,   "address begins with '[', but no ']' ends it") \
	X(PLK_E_ADDR_V6,        "address in brackets is not an IPv6 address") \
	X(PLK_E_ADDR_ZONE,      "zone of the address is not 1 to 15 of A-Z a-z 0-9 _ . -") \
	/* ports */ \
	X(PLK_E_ROLE_MISSING,   "role is missing (capture, inject or attach)") \
	X(PLK_E_ROLE_UNKNOWN,   "unknown role (capture, inject or attach)") \
	X(PLK_E_AT_MISSING,     "'@' and a remote are missing after the role") \
	X(PLK_E_KEY_MISSING,    "key is missing") \
	X(PLK_E_KEY_UNKNOWN,    "unknown key") \
	X(PLK_E_KEY_TWICE,      "key is given twice") \
	X(PLK_E_KEY_VALUE,      "key has no '=' and value") \
	X(PLK_E_KEY_ROLE,       "key does not fit the role") \
	X(PLK_E_KEY_FORMAT,     "key does not fit the format") \
	X(PLK_E_KEY_REMOTE,     "key does not fit the kind of remote") \
	X(PLK_E_VALUE_MISSING,  "value is missing") \
	X(PLK_E_VALUE_UNKNOWN,  "not one of the values of this key") \
	X(PLK_E_VALUE_ROLE,     "value does not fit the role") \
	X(PLK_E_VALUE_MAC,      "not a MAC address (six pairs of hexadecimal digits with ':' between them)") \
	X(PLK_E_VALUE_COUNT,    "too many values for one key") \
	/* interfaces, LISTEN_* */ \
	X(PLK_E_IF_MISSING,     "interface name is missing") \
	X(PLK_E_IF_LONG,        "interface name is longer than 15 bytes") \
	X(PLK_E_IF_SYNTAX,      "interface name has '/', ':', a blank or a control character, or is '.' or '..'") \
	X(PLK_E_NAMES_COUNT,    "does not have exactly as many names as LISTEN_FDS says") \
	X(PLK_E_NAMES_SYNTAX,   "has a name that is longer than 255 bytes or not printable ASCII") \
	X(PLK_E_NAME_NONE,      "no inherited descriptor has this name") \
	X(PLK_E_NAME_SEVERAL,   "several inherited descriptors have this name") \
	/* command lines */ \
	X(PLK_E_OPT_UNKNOWN,    "unknown option (--help lists the options)") \
	X(PLK_E_OPT_OPERAND,    "unexpected argument (a value with blanks needs quotes; --help lists the options)") \
	X(PLK_E_OPT_VALUE,      "needs a value") \
	X(PLK_E_OPT_NO_VALUE,   "takes no value") \
	X(PLK_E_OPT_TWICE,      "is given twice") \
	X(PLK_E_OPT_MISSING,    "is missing (--help shows an example)") \
	X(PLK_E_OPT_MANY,       "is given too often") \
	X(PLK_E_OPT_CONTROL,    "means nothing without --control") \
	X(PLK_E_OPT_LISTENER,   "another option listens there already") \
	X(PLK_E_FILTER_MISSING, "expression is missing") \
	X(PLK_E_FILTER_LONG,    "expression is longer than 4095 bytes") \
	X(PLK_E_FILTER_CONTROL, "expression has a control character") \
	/* policy */ \
	X(PLK_E_POLICY_ACTIVE,  "connects instead of listening (control takes punix:, pfd: or sd:)") \
	X(PLK_E_POLICY_PTCP,    "does not tell who connects (control takes punix:, pfd: or sd:)") \
	X(PLK_E_POLICY_PFD,     "pfd: remotes can only be specified on the command line") \
	X(PLK_E_POLICY_SD,      "sd: remotes can only be specified on the command line") \
	X(PLK_E_POLICY_DIRECTORY, "directory is not allowed (start with --remote-dir=DIR)") \
	/* the remotes file */ \
	X(PLK_E_FILE_LONG,      "file is larger than 1 MiB") \
	X(PLK_E_FILE_BOM,       "file begins with a byte order mark (save it without one)") \
	X(PLK_E_FILE_CR,        "line ends with a carriage return (save the file with Unix line ends)") \
	X(PLK_E_FILE_CONTROL,   "line has a control character") \
	X(PLK_E_FILE_BLANK,     "blank before or behind the remote") \
	X(PLK_E_FILE_COMMENT,   "a comment needs a line of its own") \
	X(PLK_E_FILE_MANY,      "more than 64 remotes") \
	X(PLK_E_FILE_TWICE,     "remote stands in the file already") \
	/* adoption of inherited descriptors */ \
	X(PLK_E_ADOPT_CLOSED,   "descriptor is not open") \
	X(PLK_E_ADOPT_FILE,     "descriptor is not a socket") \
	X(PLK_E_ADOPT_FAMILY,   "socket is not AF_UNIX") \
	X(PLK_E_ADOPT_INET,     "socket is not AF_UNIX (AF_INET and AF_INET6 need tcp=yes)") \
	X(PLK_E_ADOPT_TYPE,     "socket is not SOCK_STREAM") \
	X(PLK_E_ADOPT_CONN,     "socket is connected, not listening (Accept=yes in a socket unit? use Accept=no)") \
	X(PLK_E_ADOPT_LISTEN,   "socket is not listening") \
	X(PLK_E_ADOPT_PEER,     "socket is not connected") \
	X(PLK_E_ADOPT_TWICE,    "socket is already used by another remote") \
	X(PLK_E_ADOPT_BLOCK,    "socket cannot be made non-blocking, or its options cannot be set") \
	X(PLK_E_ADOPT_RANGE,    "descriptor is not among those that LISTEN_FDS passes") \
	X(PLK_E_ADOPT_UNCLAIMED, "descriptor is passed by LISTEN_FDS, but no option uses it") \
	/* virtio-net headers */ \
	X(PLK_E_VNET_FLAGS,     "virtio-net header has unknown flags") \
	X(PLK_E_VNET_GSO_TYPE,  "virtio-net header has a gso_type that cannot be sent") \
	X(PLK_E_VNET_GSO_SIZE,  "virtio-net header has a gso_size out of range") \
	X(PLK_E_VNET_CSUM,      "virtio-net header has csum_start or csum_offset outside the frame") \
	/* what a frame says of its sender */ \
	X(PLK_E_CLAIM_TAG,      "has a VLAN tag that is cut short, behind a priority tag, or of no standard") \
	X(PLK_E_CLAIM_SNAP,     "has ARP, IPv6 or a VLAN tag behind LLC and SNAP") \
	X(PLK_E_CLAIM_CSUM,     "has an open checksum that would change what was judged") \
	X(PLK_E_CLAIM_ARP,      "is ARP that is cut short or not of Ethernet") \
	X(PLK_E_CLAIM_ND,       "is or may hide neighbour discovery, and is malformed, cut short or in fragments")
/* clang-format on */

/** enum plk_err - expected answers; zero is success */
enum plk_err {
#define X(code, text) code,
	PLK_ERR_TABLE(X)
#undef X
		PLK_ERR_COUNT
};

/** plk_err_name() - the identifier of a code, for logs and tests
 * @err: any value
 * Return: a string with static lifetime, never NULL; "PLK_E_?" for what is no code.
 */
PLK_PUBLIC const char *plk_err_name(enum plk_err err);

/** plk_err_text() - what a code means, for people; a phrase without capital and full stop
 * @err: any value
 * Return: a string with static lifetime, never NULL.
 */
PLK_PUBLIC const char *plk_err_text(enum plk_err err);

#ifdef __cplusplus
}
#endif

#endif
