drop event trigger if exists harness_tracking_commands;
drop event trigger if exists harness_tracking_drops;
drop schema if exists harness_tracking cascade;
