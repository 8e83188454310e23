/* SPDX-License-Identifier: ISC */
/* What page_boot.c works out once and page.c reads ever after. */
#pragma once

#include "lib/types.h"

extern u64 page_reserve_frames; /* free frames that programs do not get */
