/* SPDX-License-Identifier: MIT */
/* module.c - what every module exports: its table of layouts, and room for the input of calls. */
#include <stdlib.h>

#include "module/export.h"
#include "module/layout.h"

EXPORT(const struct layout_entry *, layout, void) { return layout_table; }
/* NULL when memory is short. */
EXPORT(void *, alloc, size_t bytes) { return malloc(bytes); }
EXPORT(void, release, void *p) { free(p); }

/* Emscripten would import this to tell JS that memory grew; JS asks at every use instead. */
void emscripten_notify_memory_growth(size_t index);
void emscripten_notify_memory_growth(size_t index) { (void)index; }
