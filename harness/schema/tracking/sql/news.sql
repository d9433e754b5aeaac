delete from harness_tracking.news
returning command, is_drop, classid, objid, names
