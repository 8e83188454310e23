/* SPDX-License-Identifier: ISC */
/* The names that uname tells and root may set, as files of /proc show and take them. */
#pragma once

#include "lib/types.h"

/* The host's or the domain's name with a newline; its length. May sleep. */
ssize_t uts_show_name(bool domain, char *buf, size_t size);
int uts_store_name(bool domain, const char *text, size_t n); /* 0, -EINVAL: too long */
