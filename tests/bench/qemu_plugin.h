/* SPDX-License-Identifier: ISC */
/*
 * The part of QEMU's interface for TCG plugins (version 1, of QEMU 7.2) that opcount.c uses. Debian's
 * QEMU has the interface, but no package has its header. Source: QEMU's documentation, TCG plugins.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLUGIN_EXPORT __attribute__((visibility("default")))
#define PLUGIN_VERSION 1

enum plugin_registers { PLUGIN_NO_REGISTERS };
enum plugin_access { PLUGIN_READ = 1, PLUGIN_WRITE, PLUGIN_READ_WRITE };
enum plugin_operation { PLUGIN_ADD };

struct qemu_plugin_tb;
struct qemu_plugin_insn;

typedef void (*plugin_translated)(uint64_t id, struct qemu_plugin_tb *tb);
typedef void (*plugin_executed)(unsigned cpu, void *data);
typedef void (*plugin_accessed)(unsigned cpu, uint32_t info, uint64_t address, void *data);

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, plugin_translated function);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *tb, enum plugin_operation op,
					      void *counter, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, plugin_executed function,
					    enum plugin_registers registers, void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn,
						enum plugin_operation op, void *counter,
						uint64_t value);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, plugin_accessed function,
				      enum plugin_registers registers, enum plugin_access access,
				      void *data);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*function)(uint64_t id, void *data),
				    void *data);
