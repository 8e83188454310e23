/* SPDX-License-Identifier: ISC */
/* Descriptor tables: lowest numbers, limits, copies, close-on-exec. */
#include "proc/fdtable.h"

#include "base/ktest.h"

static struct file *any_file(void)
{
	static const struct file_ops ops;

	return file_create(&ops, O_RDWR);
}

KTEST(fdtable_lowest_free, 50)
{
	struct fd_table *t = fd_table_create();

	KREQUIRE(t);
	for (int i = 0; i < 5; i++)
		KEXPECT_EQ(fd_install(t, any_file(), 0, false), i);
	KEXPECT_EQ(fd_install(t, any_file(), 10, false), 10);
	KEXPECT_EQ(fd_install(t, any_file(), 10, false), 11);
	KEXPECT_EQ(fd_close(t, 3), 0);
	KEXPECT_EQ(fd_close(t, 1), 0);
	KEXPECT_EQ(fd_close(t, 1), -EBADF);
	KEXPECT_EQ(fd_close(t, -1), -EBADF);
	KEXPECT_EQ(fd_close(t, 5000), -EBADF);
	KEXPECT_EQ(fd_install(t, any_file(), 2, false), 3);
	KEXPECT_EQ(fd_install(t, any_file(), 0, false), 1);
	KEXPECT_EQ(fd_install(t, any_file(), 0, false), 5);
	fd_table_put(t);
}

KTEST(fdtable_limit, 100)
{
	struct fd_table *t = fd_table_create();
	struct file *f = any_file();

	KREQUIRE(t && f);
	for (int i = 0; i < FD_LIMIT; i++)
		KEXPECT_EQ(fd_install(t, file_get(f), 0, false), i);
	KEXPECT_EQ(fd_install(t, file_get(f), 0, false), -EMFILE);
	KEXPECT_EQ(t->lowest, FD_LIMIT);
	KEXPECT_EQ(fd_replace(t, file_get(f), FD_LIMIT, false), -EBADF);
	KEXPECT_EQ(f->refs, FD_LIMIT + 1);
	fd_table_put(t);
	KEXPECT_EQ(f->refs, 1);
	file_put(f);
}

KTEST(fdtable_replace, 50)
{
	struct fd_table *t = fd_table_create();
	struct file *a = any_file(), *b = any_file();

	KREQUIRE(t && a && b);
	KEXPECT_EQ(fd_replace(t, file_get(a), 0, false), 0);
	KEXPECT_EQ(fd_replace(t, file_get(b), 0, true), 0);
	KEXPECT_EQ(a->refs, 1);
	KEXPECT_EQ(fd_get_flags(t, 0), FD_CLOEXEC);
	KEXPECT_EQ(fd_replace(t, file_get(a), 700, false), 700);
	KEXPECT_EQ(fd_install(t, file_get(a), 0, false), 1);
	KEXPECT(fd_get(t, 700) == a);
	KEXPECT(!fd_get(t, 699));
	file_put(a);
	fd_table_put(t);
	file_put(a);
	file_put(b);
}

KTEST(fdtable_copy_and_exec, 50)
{
	struct fd_table *t = fd_table_create(), *copy;
	struct file *f = any_file();

	KREQUIRE(t && f);
	KEXPECT_EQ(fd_install(t, file_get(f), 0, true), 0);
	KEXPECT_EQ(fd_install(t, file_get(f), 100, false), 100);
	copy = fd_table_copy(t);
	KREQUIRE(copy);
	KEXPECT_EQ(f->refs, 5);
	fd_table_close_on_exec(copy);
	KEXPECT_EQ(f->refs, 4);
	KEXPECT_EQ(fd_get_flags(copy, 0), -EBADF);
	KEXPECT_EQ(fd_get_flags(copy, 100), 0);
	KEXPECT_EQ(fd_set_flags(copy, 100, FD_CLOEXEC), 0);
	KEXPECT_EQ(fd_get_flags(t, 100), 0);
	KEXPECT_EQ(fd_close(t, 100), 0);
	fd_table_put(copy);
	copy = fd_table_copy(t); /* shrinks to what it needs */
	KREQUIRE(copy);
	KEXPECT(copy->size < t->size);
	fd_table_put(copy);
	fd_table_put(t);
	KEXPECT_EQ(f->refs, 1);
	file_put(f);
}

KTEST(fdtable_out_of_memory, 50)
{
	struct fd_table *t = fd_table_create();
	struct file *f = any_file();

	KREQUIRE(t && f);
	fault_inject(0, ~0u);
	KEXPECT(!fd_table_create());
	KEXPECT(!fd_table_copy(t));
	KEXPECT_EQ(fd_replace(t, file_get(f), 500, false), -ENOMEM);
	KEXPECT_EQ(fd_install(t, file_get(f), 500, false), -ENOMEM);
	KEXPECT_EQ(f->refs, 1);
	fault_inject(0, 0);
	KEXPECT_EQ(fd_install(t, f, 500, false), 500);
	fd_table_put(t);
}
