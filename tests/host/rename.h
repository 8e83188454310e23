/* SPDX-License-Identifier: ISC */
/*
 * Put before every file of the host tests (-include): the kernel's functions that have
 * the C library's names get names of their own, so that both can live in one program and
 * the sanitizers' interceptors do not take ours for the library's.
 */
#pragma once

#define memcpy leash_memcpy
#define memmove leash_memmove
#define memset leash_memset
#define memcmp leash_memcmp
#define memchr leash_memchr
#define strlen leash_strlen
#define strnlen leash_strnlen
#define strcmp leash_strcmp
#define strncmp leash_strncmp
#define strchr leash_strchr
#define strrchr leash_strrchr
#define strstr leash_strstr
#define strlcpy leash_strlcpy
#define vsnprintf leash_vsnprintf
#define snprintf leash_snprintf
