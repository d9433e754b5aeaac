delete from harness_tracking.news
returning command, is_drop, goes_along, classid, objid, names
