-- Single faults in the schema of rich.sql, each under the one difference that it makes.

-- missing | trigger | app.customer.customer_touch
drop trigger customer_touch on app.customer;

-- missing | trigger | app.event.event_touch
drop trigger event_touch on app.event;

-- extra | trigger | app.customer.more
create trigger more before update on app.customer for each row execute function app.touch();

-- renamed | trigger | app.customer.customer_touch | name
alter trigger customer_touch on app.customer rename to touched;

-- changed | trigger | app.customer.customer_touch | condition
drop trigger customer_touch on app.customer;
create trigger customer_touch before update on app.customer for each row when (old.email is distinct from new.email) execute function app.touch();

-- changed | trigger | app.customer.customer_touch | condition
drop trigger customer_touch on app.customer;
create trigger customer_touch before update on app.customer for each row execute function app.touch();

-- changed | trigger | app.customer.customer_touch | timing
drop trigger customer_touch on app.customer;
create trigger customer_touch after update on app.customer for each row when (old.name is distinct from new.name) execute function app.touch();

-- changed | trigger | app.customer.customer_touch | function
drop trigger customer_touch on app.customer;
create trigger customer_touch before update on app.customer for each row when (old.name is distinct from new.name) execute function app.log();

-- changed | trigger | app.customer.customer_log | level
drop trigger customer_log on app.customer;
create trigger customer_log after insert or delete on app.customer for each row execute function app.log('a', 'b');

-- changed | trigger | app.customer.customer_log | arguments
drop trigger customer_log on app.customer;
create trigger customer_log after insert or delete on app.customer for each statement execute function app.log('a', 'c');

-- changed | trigger | app.customer.customer_log | events
drop trigger customer_log on app.customer;
create trigger customer_log after insert on app.customer for each statement execute function app.log('a', 'b');

-- changed | trigger | app.customer.customer_columns | columns
drop trigger customer_columns on app.customer;
create trigger customer_columns before update of email on app.customer for each row execute function app.touch();

-- changed | trigger | app.line.line_changes | new_table
drop trigger line_changes on app.line;
create trigger line_changes after update on app.line referencing old table as before new table as later for each statement execute function app.log();

-- changed | trigger | app.Order.order_check | deferrable
drop trigger order_check on app."Order";
create constraint trigger order_check after insert or update on app."Order" deferrable initially immediate for each row execute function app.log();

-- changed | trigger | app.customer.customer_touch | enabled
alter table app.customer disable trigger customer_touch;

-- changed | trigger | app.customer.customer_touch | enabled
alter table app.customer enable always trigger customer_touch;

-- changed | trigger | app.customer.customer_touch | enabled
alter table app.customer enable replica trigger customer_touch;

-- changed | trigger | audit.log.log_off | enabled
alter table audit.log enable trigger log_off;

-- changed | trigger | app.customer.customer_touch | comment
comment on trigger customer_touch on app.customer is 'x';

-- missing | rule | public.lonely.lonely_quiet
drop rule lonely_quiet on public.lonely;

-- extra | rule | app.wide.more
create rule more as on delete to app.wide do instead nothing;

-- changed | rule | public.lonely.lonely_quiet | definition
create or replace rule lonely_quiet as on delete to public.lonely do also notify x;

-- changed | rule | public.lonely.lonely_quiet | enabled
alter table public.lonely disable rule lonely_quiet;

-- renamed | rule | public.lonely.lonely_quiet | name
alter rule lonely_quiet on public.lonely rename to quiet;

-- missing | event trigger | corpus_event
drop event trigger corpus_event;

-- changed | event trigger | corpus_event | enabled
alter event trigger corpus_event disable;

-- changed | event trigger | corpus_event | tags
drop event trigger corpus_event;
create event trigger corpus_event on ddl_command_end when tag in ('CREATE INDEX') execute function app.event_log();

-- changed | event trigger | corpus_event | event
drop event trigger corpus_event;
create event trigger corpus_event on ddl_command_start when tag in ('CREATE TABLE') execute function app.event_log();

-- missing | policy | audit.log.log_own
drop policy log_own on audit.log;

-- extra | policy | audit.log.more
create policy more on audit.log using (true);

-- renamed | policy | audit.log.log_own | name
alter policy log_own on audit.log rename to own;

-- changed | policy | audit.log.log_own | using
alter policy log_own on audit.log using (who = session_user);

-- changed | policy | audit.log.log_own | roles
alter policy log_own on audit.log to harness_reader;

-- changed | policy | audit.log.log_write | with_check
alter policy log_write on audit.log with check (who <> 'x');

-- changed | policy | audit.log.log_own | command
drop policy log_own on audit.log;
create policy log_own on audit.log for delete using (who = current_user);

-- changed | policy | audit.log.log_write | mode
drop policy log_write on audit.log;
create policy log_write on audit.log for insert to harness_writer with check (who <> '');

-- changed | policy | audit.log.log_own | comment
comment on policy log_own on audit.log is 'x';

-- changed | table | app.customer | triggers
alter table app.customer disable trigger user;

-- changed | table | app.customer | triggers
alter table app.customer disable trigger all;

-- changed | table | app.line | triggers
alter table app.line disable trigger all;

-- changed | table | app.product | triggers
alter table app.product disable trigger all;

-- changed | trigger | app.event.event_touch | enabled
alter table app.event disable trigger event_touch;

-- changed | foreign key | app.category.category_parent_id_fkey | enabled
alter table app.category disable trigger all;
