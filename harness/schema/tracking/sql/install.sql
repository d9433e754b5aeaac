create schema harness_tracking;

-- What is still to be read again: one row an object that a command made, changed or dropped.
create unlogged table harness_tracking.news (
    command pg_catalog.text not null,
    is_drop pg_catalog.bool not null,
    goes_along pg_catalog.bool not null,
    classid pg_catalog.oid,
    objid pg_catalog.oid,
    names pg_catalog.text[]
);

-- Whoever runs the migration, under whatever search path, what it does is written down.
create function harness_tracking.note_commands() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into harness_tracking.news (command, is_drop, goes_along, classid, objid)
    select c.command_tag, false, false, c.classid, c.objid
    from pg_catalog.pg_event_trigger_ddl_commands() as c;
    if not found then
        insert into harness_tracking.news (command, is_drop, goes_along) values (tg_tag, false, false);
    end if;
end
$$;

-- What goes along with its table or type need not be written down, where it is read with that.
create function harness_tracking.note_drops() returns event_trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    insert into harness_tracking.news (command, is_drop, goes_along, classid, objid, names)
    select tg_tag, true, not (d.original or d.normal), d.classid, d.objid, d.address_names
    from pg_catalog.pg_event_trigger_dropped_objects() as d
    where not d.is_temporary
        and (
            d.original
            or d.normal
            or d.object_type not in (
                'cast', 'default value', 'domain constraint', 'index', 'policy', 'rule', 'table column', 'table constraint',
                'toast table', 'trigger', 'type'
            )
        );
end
$$;

create event trigger harness_tracking_commands on ddl_command_end execute function harness_tracking.note_commands();
create event trigger harness_tracking_drops on sql_drop execute function harness_tracking.note_drops();
-- A migration may set session_replication_role.
alter event trigger harness_tracking_commands enable always;
alter event trigger harness_tracking_drops enable always;
