/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * nocontrol.c: in place of control.c, jsonrpc.c and commands.c where there is no libjansson (PLK_JANSSON).
 */
#include "front/commands.h"
#include "front/control.h"

void
plk_control_init(void)
{
}

bool
plk_control_is_there(void)
{
	return false;
}

void
plk_control_open(int listener, const struct plk_control_access *access)
{
	(void)listener;
	(void)access;
}

void
plk_control_work(void)
{
}

const char *
plk_command_name(unsigned number)
{
	(void)number;
	return "";
}
