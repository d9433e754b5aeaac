"""Wrong and incomplete downgrades of tables, their columns and what belongs to them."""

from __future__ import annotations

from round_trip_fault import AGAIN, Fault, left

TABLES = (
    left("sequence", "create sequence if not exists s30", "sequence public.s30"),
    left("schema", "create schema if not exists n31", "schema n31"),
    left(
        "table_in_another_schema",
        "create table if not exists n32.t32 (id int)",
        "table n32.t32",
        before="create schema n32",
    ),
    left(
        "partition",
        "create table if not exists t33_a partition of t33 for values in (1)",
        "table public.t33_a",
        before="create table t33 (id int) partition by list (id)",
    ),
    Fault("lost_table", "create table t34 (id int)", "drop table if exists t34", "", "lost table public.t34"),
    Fault(
        "lost_column",
        "create table t35 (id int, note text)",
        "alter table t35 drop column if exists note",
        "",
        "lost column public.t35.note",
    ),
    Fault(
        "storage_parameter",
        "create table t36 (id int)",
        "alter table t36 set (fillfactor = 70)",
        "",
        "changed table public.t36",
    ),
    Fault(
        "clustered",
        "create table t47 (id int)\ncreate index i47 on t47 (id)",
        "cluster t47 using i47",
        "",
        "changed index public.t47.i47",
    ),
    Fault("unlogged", "create table t37 (id int)", "alter table t37 set unlogged", "", "changed table public.t37"),
    Fault(
        "row_security",
        "create table t38 (id int)",
        "alter table t38 enable row level security",
        "",
        "changed table public.t38",
    ),
    left(
        "policy",
        "drop policy if exists p39 on t39\ncreate policy p39 on t39 using (id > 0)",
        "policy public.t39.p39",
        before="create table t39 (id int)",
    ),
    Fault("grant", "create table t40 (id int)", "grant select on t40 to pg_monitor", "", "changed table public.t40"),
    left(
        "default_privileges",
        "alter default privileges in schema n41 grant select on tables to pg_monitor",
        "default privileges n41.tables of postgres",
        before="create schema n41",
    ),
    Fault("owner", "create table t42 (id int)", "alter table t42 owner to pg_monitor", "", "changed table public.t42"),
    Fault(
        "comment",
        "create table t43 (id int)",
        "comment on column t43.id is 'a number'",
        "",
        "changed column public.t43.id",
    ),
    Fault(
        "database_setting",
        "",
        "do $$ begin execute format('alter database %I set lock_timeout = 5000', current_database()); end $$",
        "",
        "left-behind setting lock_timeout",
    ),
    left(
        "statistics",
        "create statistics if not exists x45 on a, b from t45",
        "statistics public.x45",
        before="create table t45 (a int, b int)",
    ),
    left(
        "publication",
        "drop publication if exists b46\ncreate publication b46",
        "publication b46",
    ),
)

COLUMNS = (
    Fault(
        "default",
        "create table t50 (id int)",
        "alter table t50 alter column id set default 1",
        "",
        "changed column public.t50.id",
    ),
    Fault(
        "nullable",
        "create table t51 (id int not null)",
        "alter table t51 alter column id drop not null",
        "",
        "changed column public.t51.id",
    ),
    Fault(
        "type",
        "create table t52 (name varchar(50))",
        'op.alter_column("t52", "name", type_=sa.Text())',
        'op.alter_column("t52", "name", type_=sa.String(40))',
        "changed column public.t52.name",
    ),
    Fault(
        "identity",
        "create table t53 (id int not null)",
        """
        alter table t53 alter column id drop identity if exists
        alter table t53 alter column id add generated always as identity
        """,
        "",
        "changed column public.t53.id",
    ),
    left(
        "index",
        'op.create_index("i54", "t54", ["id"], if_not_exists=True)',
        "index public.t54.i54",
        before="create table t54 (id int)",
    ),
    Fault(
        "lost_unique_constraint",
        "create table t55 (id int, constraint u55 unique (id))",
        "alter table t55 drop constraint if exists u55",
        "",
        "lost unique constraint public.t55.u55",
    ),
    left(
        "check_constraint",
        "alter table t56 drop constraint if exists k56\nalter table t56 add constraint k56 check (id > 0)",
        "check constraint public.t56.k56",
        before="create table t56 (id int)",
    ),
    Fault(
        "foreign_key_without_cascade",
        """
        create table t57 (id int primary key)
        create table t57_child (id int, constraint f57 foreign key (id) references t57 on delete cascade)
        """,
        'op.drop_constraint("f57", "t57_child")',
        'op.create_foreign_key("f57", "t57_child", "t57", ["id"], ["id"])',
        "changed foreign key public.t57_child.f57",
    ),
    Fault(
        "constraint_renamed",
        "create table t58 (id int, constraint u58 unique (id))",
        "alter table t58 rename constraint u58 to u58_new",
        "",
        "changed unique constraint public.t58.u58" + AGAIN,
    ),
    Fault(
        "column_renamed",
        "create table t59 (old int)",
        'op.alter_column("t59", "old", new_column_name="new")',
        "",
        "changed column public.t59.old" + AGAIN,
    ),
    Fault(
        "statistics_target",
        "create table t60 (id int)",
        "alter table t60 alter column id set statistics 500",
        "",
        "changed column public.t60.id",
    ),
)
